"""From a planned run to its blind cells. Target labels stay here."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from sabench.cells.cell import Alone, BlindTarget, Cell, EnrolmentRows, Evaluation, TrainingRows, Validation
from sabench.hashing import derive_seed, plain
from sabench.interfaces.records import Access, Draw
from sabench.protocols.draws import Drawn, drawn_for, effective_access, take
from sabench.protocols.folds import Fold, Target
from sabench.registry.methods import Parts
from sabench.results.folder import Results
from sabench.results.runs import RunRecord
from sabench.running.planned_run import PlannedRun

if TYPE_CHECKING:
    from sabench.features.featureset import FeatureSet


def cells(
    results: Results,
    planned: PlannedRun,
    run: RunRecord,
    features: FeatureSet,
    folds: Container[str] | None = None,
    *,
    strict: bool = False,
) -> list[Cell]:
    """Return one cell a fold of a run, or of some folds; `run` may ask for more draws than its plan did."""
    return [
        replace(_Assembler(planned, run, fold).cell(results, features), alone=_alone(number, strict))
        for number, fold in enumerate(planned.split_corpus.protocol.folds)
        if folds is None or fold.name in folds
    ]


def _alone(number: int, strict: bool) -> Alone:
    """Return what is predicted again in fresh processes: a sample of one fold, which costs a run next to nothing."""
    return "every" if strict else "none" if number else "sample"


class _Assembler:
    """Builds one cell; numbers utterances as they are mentioned, so that the cell needs no ids."""

    def __init__(self, planned: PlannedRun, run: RunRecord, fold: Fold) -> None:
        self._planned, self._run, self._fold = planned, run, fold
        self._split, self._parts = planned.split_corpus, planned.parts
        self._numbers: dict[str, int] = {}

    def cell(self, results: Results, features: FeatureSet) -> Cell:
        run, fold = self._run, self._fold
        key = run.folds[fold.name]
        validation = self._validation()
        held_out = [i for target in fold.validation for i in _everything(target)]
        more = self._training([*fold.train, *held_out]) if self._planned.merges_validation else None
        evaluations = tuple(self._evaluation(draw) for draw in run.evaluations)
        training = self._training(fold.train)
        digests = tuple(self._split.digest(name) for name in self._numbers)
        return Cell(
            key=key,
            run_id=run.run_id,
            fold=fold.name,
            folder=results.cell(key).path.absolute(),  # a worker may stand elsewhere
            identity={**plain(asdict(run.method)), "protocol": run.protocol_hash, "fold": fold.name, "seed": run.seed},
            features=features.located(digests),
            training=training,
            validation=validation,
            more_training=more,
            evaluations=evaluations,
            digests=digests,
            classes=self._split.corpus.classes,
            adapter=self._parts.adapter,
            normaliser=self._parts.normaliser,
            seed=derive_seed(run.seed, run.dataset, run.task, fold.name, run.method.adapter.name),
            device=run.device,
            threads=run.threads,
            search=self._planned.grid,
        )

    def _rows(self, ids: Iterable[str]) -> tuple[int, ...]:
        return tuple(self._numbers.setdefault(name, len(self._numbers)) for name in ids)

    def _training(self, ids: Sequence[str]) -> TrainingRows:
        split = self._split
        by_speaker: dict[str, list[str]] = {}
        for name in ids:
            by_speaker.setdefault(split.speaker(name), []).append(name)
        access = self._parts.normaliser.access if self._parts.normaliser else Access()
        return TrainingRows(
            rows=self._rows(ids),
            y=tuple(split.y(name) for name in ids),
            speaker=tuple(split.speaker(name) for name in ids),
            neutral=tuple(split.neutral(name) for name in ids),
            enrolments={
                speaker: self._enrolment(take(split.as_target(speaker, own), access, Draw()))
                for speaker, own in by_speaker.items()
            },
        )

    def _validation(self) -> tuple[Validation, ...]:
        access = _fit_access(self._parts)
        speakers = []
        for target in self._fold.validation:
            ids = self._split.scored(target)
            enrolment = self._enrolment(take(target, access, Draw()))
            y = tuple(self._split.y(name) for name in ids)
            speakers.append(Validation(target.speaker, enrolment, self._rows(ids), y))
        return tuple(speakers)

    def _evaluation(self, text: str) -> Evaluation:
        draw = Draw.parse(text)
        access = effective_access(self._parts.method.access, draw)
        targets = tuple(
            BlindTarget(
                self._enrolment(drawn_for(self._split, self._fold, target, access, draw)),
                self._rows(self._split.scored(target)),
            )
            for target in self._fold.test
        )
        key = self._run.evaluations[text][self._fold.name]
        return Evaluation(key, text, self._planned.evaluation_parameters, targets)

    def _enrolment(self, drawn: Drawn) -> EnrolmentRows:
        return EnrolmentRows(
            self._rows(drawn.neutral),
            self._rows(drawn.unlabelled),
            self._rows(drawn.labelled),
            tuple(self._split.y(name) for name in drawn.labelled),
            drawn.stand_in,
        )


def _everything(target: Target) -> list[str]:
    return list(dict.fromkeys((*target.neutral, *target.unlabelled, *target.labelled, *target.scored)))


def _fit_access(parts: Parts) -> Access:
    """Return the access under default evaluation parameters, so that those do not change the fit."""
    defaults = {name: parts.adapter.signature()[name].default for name in parts.adapter.evaluation_parameters}
    if not defaults:
        return parts.method.access
    access = type(parts.adapter)(**{**parts.adapter.parameters(), **defaults}).access
    return access | parts.normaliser.access if parts.normaliser else access
