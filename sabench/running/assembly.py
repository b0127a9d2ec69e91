"""From a protocol and a method to a run record and its cells. Target labels stay here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sabench.cells.cell import BlindTarget, Cell, EnrolmentRows, Evaluation, Training, Validation
from sabench.hashing import derive_seed, digest, evaluation_key, file_name, fit_key, plain
from sabench.interfaces.plugins import Adapter
from sabench.interfaces.records import Access, Draw, Fold, Target
from sabench.machine.environment import cores, resolve_device
from sabench.protocols.pools import Drawn, effective_access, take
from sabench.protocols.split_corpus import Conditions, Material
from sabench.protocols.supply import draws_for, emotional, stand_in
from sabench.registry.methods import Parts
from sabench.results.folder import Results, RunRecord

if TYPE_CHECKING:
    from sabench.features.featureset import FeatureSet


def record(results: Results, material: Material, parts: Parts, conditions: Conditions) -> RunRecord:
    """Return the record of a run, with the keys of all its fits and evaluations."""
    folds = material.protocol.folds
    threads = conditions.threads or max(1, cores() // len(folds))
    device = resolve_device(conditions.device, parts.adapter.devices)
    kept, grid = _kept(parts.adapter), conditions.grid(parts.adapter)
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
        run_id=file_name(f"{method.name}-{corpus.dataset}-{corpus.task}-s{conditions.seed}-{short}"),
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
        adapts=parts.adapter.adapts if parts.adapter.adapts != method.name else "",
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
        grid = self._conditions.grid(adapter)
        validation = self._validation()
        merge = _merges_validation(self._parts, self._conditions)
        held_out = [i for target in fold.validation for i in _everything(target)]
        more = self._training([*fold.train, *held_out]) if merge else None
        evaluations = tuple(self._evaluation(draw) for draw in run.evaluations)
        return Cell(
            key=key,
            run_id=run.run_id,
            fold=fold.name,
            folder=results.cell(key).path.absolute(),  # a worker may stand elsewhere
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
                speaker: self._enrolment(take(of.as_target(speaker, own), access, Draw()))
                for speaker, own in by_speaker.items()
            },
        )

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
            return take(stand_in(self._material, self._fold, target, access), access, Draw())
        if draw.kind == "emotional":
            others = emotional(self._material, target) or target.neutral  # somebody who is never emotional
            return take(replace(target, neutral=others), access, Draw())
        return take(target, access, draw)

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


def _merges_validation(parts: Parts, conditions: Conditions) -> bool:
    """Whether validation speakers join the training set; never for a method that looks at them while it fits."""
    return conditions.validation_as_training and not parts.adapter.uses_validation
