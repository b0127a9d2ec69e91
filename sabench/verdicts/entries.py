"""A method with its seeds: the runs that a score, a verdict and a row of the leaderboard are made of."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sabench.errors import DamagedFile, ResultsError
from sabench.hashing import canonical
from sabench.interfaces.records import Draw, Method, Predictions
from sabench.results.runs import CellRecord, RunRecord
from sabench.results.sources import RunSource
from sabench.stats import sample
from sabench.stats.sample import Sample

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadRun:
    """What was read of one run under one draw; `fault` says why it cannot be believed, and is empty where it can."""

    predictions: Predictions | None
    cells: Sequence[CellRecord]
    fault: str = ""


@dataclass(frozen=True)
class Entry:
    """One method under one protocol and one draw: the runs of all its seeds.

    Attributes:
        source: where they are read.
        runs: one a seed, in the order of seeds.
        draw: which enrolment.
        label: what tells it from others of the same title; empty where nothing needs to.
    """

    source: RunSource
    runs: tuple[RunRecord, ...]
    draw: str = "first"
    label: str = ""

    @property
    def first(self) -> RunRecord:
        """The run of the first seed."""
        return self.runs[0]

    @property
    def method(self) -> Method:
        """What ran."""
        return self.first.method

    @property
    def title(self) -> str:
        """The name of the method, as tables show it."""
        return f"{self.method.title} [{self.label}]" if self.label else self.method.title

    @property
    def place(self) -> str:
        """Dataset and task."""
        return f"{self.first.dataset} {self.first.task}"

    @cached_property
    def complete(self) -> bool:
        """Whether no fold of this draw is missing in any seed."""
        return all(is_complete(self.source, run, self.draw) for run in self.runs)

    @property
    def control(self) -> bool:
        """Whether its draw is a control."""
        return Draw.parse(self.draw).control

    @cached_property
    def contents(self) -> tuple[ReadRun, ...]:
        """What was read of each seed."""
        return tuple(_read(self.source, run, self.draw) for run in self.runs)

    @property
    def damage(self) -> dict[str, str]:
        """Why runs of this entry cannot be read, by their ids; empty where all can."""
        return {run.run_id: own.fault for run, own in zip(self.runs, self.contents, strict=True) if own.fault}

    @cached_property
    def predictions(self) -> list[Predictions]:
        """The predictions of each seed over the utterances that all of them scored.

        Raises:
            ResultsError: those of some seed cannot be read.
        """
        for fault in self.damage.values():
            raise DamagedFile(fault)
        return sample.common([own.predictions for own in self.contents if own.predictions is not None])

    @property
    def cells(self) -> list[Sequence[CellRecord]]:
        """What is known of the folds of each seed."""
        return [own.cells for own in self.contents]

    @cached_property
    def sample(self) -> Sample:
        """The score, taken apart by speaker and seed."""
        return sample_of(self, self.predictions)


def sample_of(entry: Entry, predictions: Sequence[Predictions]) -> Sample:
    """Return the sample of an entry from (part of) its predictions, with the primary score of its protocol."""
    return sample.sample(predictions, pooled=entry.first.pooled, stochastic=entry.first.stochastic)


def entries(source: RunSource, runs: Iterable[RunRecord] | None = None) -> list[Entry]:
    """Return the runs of a source as methods with their seeds, one entry a draw, oldest first.

    Names that mean the same method are one. Where a seed ran twice (with other threads, or another
    device), the complete one counts, then the later one. Seeds that are not complete are left out
    as long as others are.
    """
    groups: dict[tuple[str, str], dict[int, RunRecord]] = {}
    for run in source.runs() if runs is None else runs:
        for draw in run.draws:
            seeds = groups.setdefault((identity(run), draw), {})
            before = seeds.get(run.seed)
            if before is None or is_complete(source, run, draw) or not is_complete(source, before, draw):
                seeds[run.seed] = run
    return [Entry(source, _kept(source, seeds, draw), draw) for (_, draw), seeds in groups.items()]


def sound_entries(source: RunSource, runs: Iterable[RunRecord]) -> tuple[list[Entry], dict[str, str]]:
    """Return the entries of all runs that can be read, and why the others cannot, by their ids."""
    left, damaged = list(runs), dict[str, str]()
    while True:
        sound = entries(source, left)
        fresh = {run_id: reason for entry in sound for run_id, reason in entry.damage.items()}
        if not fresh:
            return sound, damaged
        damaged |= fresh
        left = [run for run in left if run.run_id not in damaged]


def _read(source: RunSource, run: RunRecord, draw: str) -> ReadRun:
    try:
        predictions, cells = source.predictions(run, draw), tuple(source.cells(run))
    except ResultsError as error:
        return ReadRun(None, (), str(error))
    return ReadRun(predictions, cells, next((cell.error for cell in cells if cell.status == "damaged"), ""))


def left_out(source: RunSource, shown: Iterable[Entry], damaged: Collection[str] = ()) -> list[str]:
    """Return a sentence for each run that `entries` passed over, without those that are damaged."""
    kept = {run.run_id for entry in shown for run in entry.runs} | set(damaged)
    others = [run for run in source.runs() if run.run_id not in kept]
    return [
        f"{run.run_id}: another run of this method and seed is there."
        if run.status == "complete"
        else f"{run.run_id}: not complete, while other runs of this method are."
        for run in others
    ]


def is_complete(source: RunSource, run: RunRecord, draw: str) -> bool:
    """Return whether every fold of a run has been evaluated under a draw; other draws may be missing, or damaged."""
    try:
        return run.status == "complete" or set(source.predictions(run, draw).fold.tolist()) == set(run.folds)
    except ResultsError:
        return False


def identity(run: RunRecord) -> str:
    """Return a text that is the same for seeds of one method under one protocol, whatever they were called."""
    return canonical([run.protocol_hash, *method_identity(run)])


def method_identity(run: RunRecord) -> list[Any]:
    """Return what is the same for runs of one method under whatever protocol."""
    method = run.method
    parts = [run.validation_as_training, method.features, method.normaliser, method.adapter]
    return [*parts, method.variant]


def _kept(source: RunSource, seeds: Mapping[int, RunRecord], draw: str) -> tuple[RunRecord, ...]:
    ordered = [seeds[seed] for seed in sorted(seeds)]
    complete = tuple(run for run in ordered if is_complete(source, run, draw))
    return complete or tuple(ordered)


def entry_of(source: RunSource, run: RunRecord, draw: str = "first") -> Entry:
    """Return the entry that a run is part of.

    Raises:
        DamagedFile: the run cannot be read.
        ResultsError: the run has no such draw.
    """
    if draw not in run.draws:
        msg = f"Run {run.run_id} has no draw {draw!r}; it has {', '.join(run.draws)}."
        raise ResultsError(msg)
    alike = [other for other in source.runs() if identity(other) == identity(run) and draw in other.draws]
    sound, damaged = sound_entries(source, alike)
    if run.run_id in damaged:
        raise DamagedFile(damaged[run.run_id])
    for run_id, reason in damaged.items():
        log.warning("%s is left out: %s", run_id, reason)
    own = next(entry for entry in sound if entry.draw == draw)
    return own if run.run_id in {kept.run_id for kept in own.runs} else Entry(source, (run,), draw)


def pair_of(source: RunSource, first: tuple[RunRecord, str], second: tuple[RunRecord, str]) -> tuple[Entry, Entry]:
    """Return the entries of two runs, each with its draw; two runs of one method stand for themselves.

    Raises:
        ResultsError: the two are one and the same, or a run has no such draw.
    """
    if (first[0].run_id, first[1]) == (second[0].run_id, second[1]):
        msg = f"{first[0].run_id} would be compared with itself. Name two runs; `sabench leaderboard` lists them."
        raise ResultsError(msg)
    one, other = entry_of(source, *first), entry_of(source, *second)
    if one.draw == other.draw and identity(one.first) == identity(other.first):
        return Entry(source, (first[0],), one.draw), Entry(source, (second[0],), other.draw)
    return one, other
