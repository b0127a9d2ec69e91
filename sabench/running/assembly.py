"""From a planned run to its blind cells. Target labels stay here."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

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
) -> Iterator[Cell]:
    """Yield one cell a fold of a run, or of some folds; `run` may ask for more draws than its plan did.

    A cell holds rows of all its training speakers, so that it is made when it is asked for.

    Raises:
        FeatureError: the features of an utterance are missing.
    """
    split = planned.split_corpus
    names = [split.digest(name) for name in split.rows.names]
    digests = np.array(names, dtype=np.bytes_)
    located = features.located(names)  # all at once, and before the first is asked for
    return (
        replace(_Assembler(planned, run, fold).cell(results, located, digests), alone=_alone(number, strict))
        for number, fold in enumerate(split.protocol.folds)
        if folds is None or fold.name in folds
    )


def _alone(number: int, strict: bool) -> Alone:
    """Return what is predicted again in fresh processes: a sample of one fold, which costs a run next to nothing."""
    return "every" if strict else "none" if number else "sample"


class _Assembler:
    """Builds one cell; numbers utterances as they are mentioned, so that the cell needs no ids."""

    def __init__(self, planned: PlannedRun, run: RunRecord, fold: Fold) -> None:
        self._planned, self._run, self._fold = planned, run, fold
        self._split, self._parts = planned.split_corpus, planned.parts
        n_utterances = len(self._split.rows.names)
        self._number = np.full(n_utterances, -1, dtype=np.int64)
        self._mentioned: list[np.ndarray] = []
        self._n_mentioned = 0

    def cell(self, results: Results, features: FeatureSet, digests: np.ndarray) -> Cell:
        run, fold = self._run, self._fold
        key = run.folds[fold.name]
        validation = self._validation()
        rows = self._split.rows
        training_rows = rows.rows(fold.train)
        held_out = rows.rows([name for target in fold.validation for name in _everything(target)])
        merged = np.concatenate([training_rows, held_out]) if self._planned.merges_validation else None
        more = None if merged is None else self._training(merged)
        evaluations = tuple(self._evaluation(draw) for draw in run.evaluations)
        training = self._training(training_rows)
        mentioned = np.concatenate([*self._mentioned, np.zeros(0, dtype=np.int64)])
        return Cell(
            key=key,
            run_id=run.run_id,
            fold=fold.name,
            folder=results.cell(key).path.absolute(),  # a worker may stand elsewhere
            identity={**plain(asdict(run.method)), "protocol": run.protocol_hash, "fold": fold.name, "seed": run.seed},
            features=features.take(mentioned),
            training=training,
            validation=validation,
            more_training=more,
            evaluations=evaluations,
            digests=digests[mentioned],
            classes=self._split.corpus.classes,
            adapter=self._parts.adapter,
            normaliser=self._parts.normaliser,
            seed=derive_seed(run.seed, run.dataset, run.task, fold.name, run.method.adapter.name),
            device=run.device,
            threads=run.threads,
            search=self._planned.grid,
        )

    def _rows(self, ids: Iterable[str]) -> np.ndarray:
        return self._numbered(self._split.rows.rows(ids))

    def _numbered(self, rows: np.ndarray) -> np.ndarray:
        """Return the numbers in the cell of rows of the corpus; each gets one when it is first mentioned."""
        new = rows[self._number[rows] < 0]
        if len(new):
            _, first = np.unique(new, return_index=True)
            new = new[np.sort(first)]
            self._number[new] = np.arange(self._n_mentioned, self._n_mentioned + len(new))
            self._mentioned.append(new)
            self._n_mentioned += len(new)
        numbers: np.ndarray = self._number[rows]
        return numbers

    def _training(self, rows: np.ndarray) -> TrainingRows:
        split = self._split
        numbers, speaker = np.unique(split.rows.speaker[rows], return_inverse=True)
        return TrainingRows(
            rows=self._numbered(rows),
            y=split.classes[rows],
            speakers=tuple(split.rows.speakers[number] for number in numbers),
            speaker=speaker,
            neutral=split.neutrals[rows],
            enrolments=self._training_enrolments(rows),
        )

    def _training_enrolments(self, rows: np.ndarray) -> dict[str, EnrolmentRows]:
        """Return how training speakers are enrolled with the normaliser; nobody is where there is none."""
        if self._parts.normaliser is None:
            return {}
        by_speaker: dict[str, list[str]] = {}
        for name in (self._split.rows.names[row] for row in rows):
            by_speaker.setdefault(self._split.speaker(name), []).append(name)
        access = self._parts.normaliser.access
        return {
            speaker: self._enrolment(take(self._split.as_target(speaker, own), access, Draw()))
            for speaker, own in by_speaker.items()
        }

    def _validation(self) -> tuple[Validation, ...]:
        access = _fit_access(self._parts)
        speakers = []
        for target in self._fold.validation:
            ids = self._split.scored(target)
            enrolment = self._enrolment(take(target, access, Draw()))
            y = self._split.classes[self._split.rows.rows(ids)]
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
            self._split.classes[self._split.rows.rows(drawn.labelled)],
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
