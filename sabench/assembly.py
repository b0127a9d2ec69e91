"""From a protocol and a method to a run record and its cells. Target labels stay here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sabench.cells import BlindTarget, Cell, EnrolmentRows, Evaluation, Training, Validation
from sabench.environment import cores, resolve_device
from sabench.errors import AccessError, PlanError
from sabench.identity import derive_seed, digest, evaluation_key, fit_key, plain, shuffled
from sabench.interfaces import Adapter
from sabench.methods import Parts
from sabench.pools import Drawn, effective_access, lacking, take
from sabench.protocols import Protocol
from sabench.records import ALL, Access, Corpus, Draw, Fold, Target
from sabench.results import Results, RunRecord

if TYPE_CHECKING:
    from sabench.features import FeatureSet


@dataclass(frozen=True)
class Material:
    """A prepared corpus under a protocol, with the look-ups that assembling needs."""

    corpus: Corpus
    protocol: Protocol
    _by_id: dict[str, tuple[str, str, int, bool]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = self.corpus.table
        index = {label: number for number, label in enumerate(self.corpus.classes)}
        columns = (table["id"], table["digest"], table["speaker"], table["label"].map(index), table["neutral"])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        object.__setattr__(self, "_by_id", {row[0]: row[1:] for row in rows})

    def digest(self, name: str) -> str:
        """Return the digest of an utterance."""
        return self._by_id[name][0]

    def speaker(self, name: str) -> str:
        """Return its speaker."""
        return self._by_id[name][1]

    def y(self, name: str) -> int:
        """Return the index of its class."""
        return self._by_id[name][2]

    def neutral(self, name: str) -> bool:
        """Return whether it may serve as neutral enrolment."""
        return self._by_id[name][3]

    def scored(self, target: Target) -> list[str]:
        """Return the scored ids of a target in the order in which they are predicted, which tells nothing."""
        return shuffled(target.scored, "order")

    def truth(self) -> dict[str, Any]:
        """Return what is true of every fold, in the order of prediction."""
        folds = {}
        for fold in self.protocol.folds:
            ids = [name for target in fold.test for name in self.scored(target)]
            folds[fold.name] = {
                "ids": ids,
                "speaker": [self.speaker(name) for name in ids],
                "labels": [self.y(name) for name in ids],
            }
        known = self.corpus.table.dropna(subset=["gender"]).drop_duplicates("speaker")
        gender = dict(zip(known["speaker"].tolist(), known["gender"].tolist(), strict=True))
        return {"classes": list(self.corpus.classes), "folds": folds, "gender": gender}


@dataclass(frozen=True)
class Conditions:
    """How a run is carried out, apart from its method.

    Attributes:
        seed: the user's.
        draws: to evaluate, for methods that enrol.
        threads: per cell; None for cores divided by folds.
        device: `auto`, `cpu`, `cuda` or `mps`.
        validation_as_training: see `Plan`.
        search: whether to choose from the adapter's grid.
    """

    seed: int = 0
    draws: tuple[str, ...] = ("first",)
    threads: int | None = None
    device: str = "auto"
    validation_as_training: bool = True
    search: bool = False


def draws_for(access: Access, draws: Iterable[str]) -> tuple[Draw, ...]:
    """Return the draws that make a difference: what is enrolled with all, or nothing, has only one."""
    wanted = tuple(dict.fromkeys(Draw.parse(text) for text in draws))
    if access == Access(unlabelled=ALL):
        return tuple(draw for draw in wanted if draw.kind in ("first", "other-speaker")) or (Draw(),)
    return wanted if access != Access() else (Draw(),)


def refuse_lacking(material: Material, parts: Parts, conditions: Conditions) -> None:
    """Raise where some target speaker cannot supply what a method needs.

    Raises:
        AccessError: naming the speakers.
    """
    access = parts.method.access
    for draw in draws_for(access, conditions.draws):
        needed = _refuse_large(parts, effective_access(access, draw), draw)
        held_out = {t.speaker: t for fold in material.protocol.folds for t in (*fold.validation, *fold.test)}
        short = {name: words for name, target in held_out.items() if (words := lacking(target, needed, draw))}
        if short:
            name, words = next(iter(short.items()))
            others = (
                f" and {len(short) - 1} more speakers ({', '.join(list(short)[1:4])} ...)"
                if short.keys() - {name}
                else ""
            )
            msg = (
                f"{parts.method.title} needs {access} of every target speaker: {name} has {words}{others}. "
                f"Reserve more with --pool {_pool_words(needed, draw)}, or drop such speakers for all methods with "
                f"--pool {_pool_words(needed, draw)},require."
            )
            raise AccessError(msg)


def poor_trainers(material: Material, access: Access) -> list[str]:
    """Return the training speakers who have fewer neutral utterances than an access asks for, in sorted order."""
    table = material.corpus.table
    n_neutral = table.groupby("speaker")["neutral"].sum()
    trained = {material.speaker(name) for fold in material.protocol.folds for name in fold.train}
    return sorted(name for name in trained if n_neutral[name] < access.neutral)


def _refuse_large(parts: Parts, needed: Access, draw: Draw) -> Access:
    declared = parts.method.access
    if needed | declared != declared:
        msg = (
            f"Draw {draw} hands over {needed}, more than {parts.method.title} declares ({declared}). "
            "Raise the method's own number, for example with --set, so that its access says so."
        )
        raise AccessError(msg)
    return needed


def record(results: Results, material: Material, parts: Parts, conditions: Conditions) -> RunRecord:
    """Return the record of a run, with the keys of all its fits and evaluations."""
    folds = material.protocol.folds
    threads = conditions.threads or max(1, cores() // len(folds))
    device = resolve_device(conditions.device, parts.adapter.devices)
    kept, grid = _kept(parts.adapter), _grid(parts.adapter, conditions)
    method = replace(parts.method, variant=", ".join(filter(None, (parts.method.variant, "search" * bool(grid)))))
    keys = {
        fold.name: fit_key(
            material.protocol.hash,
            fold.name,
            method,
            evaluation_parameters=kept,
            seed=conditions.seed,
            threads=threads,
            device=device,
            validation_as_training=_merges_validation(parts, conditions),
            search=grid,
        )
        for fold in folds
    }
    evaluations = {
        str(draw): {name: evaluation_key(key, draw, kept) for name, key in keys.items()}
        for draw in draws_for(method.access, conditions.draws)
    }
    corpus = material.corpus
    short = digest([list(keys.values()), kept, method.name])[:8]
    return RunRecord(
        run_id=_file_name(f"{method.name}-{corpus.dataset}-{corpus.task}-s{conditions.seed}-{short}"),
        method=method,
        dataset=corpus.dataset,
        task=corpus.task,
        protocol=material.protocol.name,
        protocol_hash=material.protocol.hash,
        seed=conditions.seed,
        threads=threads,
        device=device,
        validation_as_training=_merges_validation(parts, conditions),
        simulation=plain(corpus.simulation) if corpus.simulation else None,
        stochastic=parts.adapter.stochastic,
        folds=keys,
        evaluations=evaluations,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def cells(
    results: Results, material: Material, parts: Parts, run: RunRecord, conditions: Conditions, features: FeatureSet
) -> list[Cell]:
    """Return one cell a fold of a run."""
    return [
        _Assembler(material, parts, run, conditions, fold).cell(results, features) for fold in material.protocol.folds
    ]


class _Assembler:
    """Builds one cell; numbers utterances as they are mentioned, so that the cell needs no ids."""

    def __init__(self, material: Material, parts: Parts, run: RunRecord, conditions: Conditions, fold: Fold) -> None:
        self._material, self._parts, self._run = material, parts, run
        self._conditions, self._fold = conditions, fold
        self._numbers: dict[str, int] = {}

    def cell(self, results: Results, features: FeatureSet) -> Cell:
        run, fold, adapter = self._run, self._fold, self._parts.adapter
        key = run.folds[fold.name]
        grid = _grid(adapter, self._conditions)
        validation = self._validation()
        merge = _merges_validation(self._parts, self._conditions)
        held_out = [i for target in fold.validation for i in _everything(target)]
        more = self._training([*fold.train, *held_out]) if merge else None
        evaluations = tuple(self._evaluation(draw) for draw in run.evaluations)
        return Cell(
            key=key,
            run_id=run.run_id,
            fold=fold.name,
            folder=results.cell(key).path,
            identity={**plain(asdict(run.method)), "protocol": run.protocol_hash, "fold": fold.name, "seed": run.seed},
            features=features,
            training=self._training(fold.train),
            validation=validation,
            more_training=more,
            evaluations=evaluations,
            digests=tuple(self._material.digest(name) for name in self._numbers),
            classes=self._material.corpus.classes,
            adapter=adapter,
            normaliser=self._parts.normaliser,
            seed=derive_seed(run.seed, run.dataset, run.task, fold.name, run.method.adapter.name),
            device=run.device,
            threads=run.threads,
            search=grid,
        )

    def _rows(self, ids: Iterable[str]) -> tuple[int, ...]:
        return tuple(self._numbers.setdefault(name, len(self._numbers)) for name in ids)

    def _training(self, ids: Sequence[str]) -> Training:
        of = self._material
        by_speaker: dict[str, list[str]] = {}
        for name in ids:
            by_speaker.setdefault(of.speaker(name), []).append(name)
        access = self._parts.normaliser.access if self._parts.normaliser else Access()
        return Training(
            rows=self._rows(ids),
            y=tuple(of.y(name) for name in ids),
            speaker=tuple(of.speaker(name) for name in ids),
            neutral=tuple(of.neutral(name) for name in ids),
            enrolments={
                speaker: self._enrolment(take(self._as_target(speaker, own), access, Draw()))
                for speaker, own in by_speaker.items()
            },
        )

    def _as_target(self, speaker: str, ids: Sequence[str]) -> Target:
        """Return a training speaker whose whole recordings are the pool: enrolled by the rule used for targets."""
        neutral = tuple(name for name in ids if self._material.neutral(name))
        unlabelled = tuple(shuffled(ids, "unlabelled"))
        return Target(speaker, tuple(ids), neutral, unlabelled, tuple(shuffled(ids, "labelled")))

    def _validation(self) -> tuple[Validation, ...]:
        access = _fit_access(self._parts)
        found = []
        for target in self._fold.validation:
            ids = self._material.scored(target)
            enrolment = self._enrolment(take(target, access, Draw()))
            y = tuple(self._material.y(name) for name in ids)
            found.append(Validation(target.speaker, enrolment, self._rows(ids), y))
        return tuple(found)

    def _evaluation(self, text: str) -> Evaluation:
        draw = Draw.parse(text)
        access = effective_access(self._parts.method.access, draw)
        targets = tuple(
            BlindTarget(self._enrolment(self._drawn(target, access, draw)), self._rows(self._material.scored(target)))
            for target in self._fold.test
        )
        key = self._run.evaluations[text][self._fold.name]
        return Evaluation(key, text, _kept(self._parts.adapter), targets)

    def _drawn(self, target: Target, access: Access, draw: Draw) -> Drawn:
        """Return what a draw hands over, controls included."""
        if draw.kind == "other-speaker":
            return take(self._stand_in(target, access), access, Draw())
        if draw.kind == "emotional":
            emotional = tuple(i for i in self._material.scored(target) if not self._material.neutral(i))
            return take(replace(target, neutral=emotional), access, Draw())
        return take(target, access, draw)

    def _stand_in(self, target: Target, access: Access) -> Target:
        """Return a training speaker, chosen by a hash, who can supply as much."""
        by_speaker: dict[str, list[str]] = {}
        for name in self._fold.train:
            by_speaker.setdefault(self._material.speaker(name), []).append(name)
        for speaker in shuffled(by_speaker, f"stand in for {target.speaker}"):
            stand_in = self._as_target(speaker, by_speaker[speaker])
            if not lacking(stand_in, access, Draw()):
                return stand_in
        msg = f"Draw other-speaker: no training speaker of fold {self._fold.name} has {access}. Use another draw."
        raise PlanError(msg)

    def _enrolment(self, drawn: Drawn) -> EnrolmentRows:
        return EnrolmentRows(
            self._rows(drawn.neutral),
            self._rows(drawn.unlabelled),
            self._rows(drawn.labelled),
            tuple(self._material.y(name) for name in drawn.labelled),
            drawn.zeros,
        )


def _everything(target: Target) -> list[str]:
    return list(dict.fromkeys((*target.neutral, *target.unlabelled, *target.labelled, *target.scored)))


def _kept(adapter: Adapter) -> dict[str, Any]:
    """Return the parameters that change predictions but not the fit."""
    return {name: getattr(adapter, name) for name in adapter.evaluation_parameters}


def _fit_access(parts: Parts) -> Access:
    """Return the access under default evaluation parameters, so that those do not change the fit."""
    defaults = {name: parts.adapter.signature()[name].default for name in parts.adapter.evaluation_parameters}
    if not defaults:
        return parts.method.access
    access = type(parts.adapter)(**{**parts.adapter.parameters(), **defaults}).access
    return access | parts.normaliser.access if parts.normaliser else access


def _file_name(text: str) -> str:
    """Return text as part of a path, whatever a plugin calls itself.

    >>> _file_name("../a method")
    '..-a-method'
    """
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in text)


def _merges_validation(parts: Parts, conditions: Conditions) -> bool:
    """Whether validation speakers join the training set; never for a method that looks at them while it fits."""
    return conditions.validation_as_training and not parts.adapter.uses_validation


def _grid(adapter: Adapter, conditions: Conditions) -> Mapping[str, Sequence[Any]]:
    if not conditions.search:
        return {}
    return {name: list(values) for name, values in adapter.search_grid.items()}


def _pool_words(access: Access, draw: Draw) -> str:
    """Return the pool rule that an access and a draw need; the i-th utterance needs those before it."""
    amounts = {kind: getattr(access, kind) for kind in ("neutral", "unlabelled", "labelled")}
    before = draw.index if draw.kind == "nth" else 0
    return ",".join(f"{kind}={n + before}" for kind, n in amounts.items() if isinstance(n, int) and n) or "neutral=1"
