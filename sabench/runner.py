"""The one loop: a plan to results, through an executor, resuming what is done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from sabench import assembly, costs, preparation
from sabench.cells import Cell
from sabench.environment import cores
from sabench.errors import SabenchError
from sabench.execution import Execution
from sabench.executors import CellExecutor, Dask, Inline, Processes
from sabench.observer import Observer
from sabench.plan import Plan
from sabench.preparation import Job
from sabench.registry import Registry
from sabench.results import Results, RunRecord
from sabench.summary import Summary, summarise
from sabench.worker import is_complete

if TYPE_CHECKING:
    from sabench.features import FeatureSet
    from sabench.tracking import Follower

CHEAP_S = 30.0
"""Work below so many seconds stays in this process: starting others would take longer."""
TRACK_EVERY_S = 3.0


def run(plan: Plan, *, registry: Registry | None = None, observer: Observer | None = None) -> list[Summary]:
    """Carry out a plan; returns one summary per run and draw, in the order of the plan.

    What is complete in the results folder is not computed again. A failed fold becomes part of its
    summary and the rest goes on.

    Raises:
        SabenchError: the plan cannot be carried out as written, or results cannot be kept.
    """
    return Runner(plan, registry or Registry(), observer or Observer()).run()


class Runner:
    """Carries out one plan."""

    def __init__(self, plan: Plan, registry: Registry, observer: Observer) -> None:
        self._plan, self._registry, self._observer = plan, registry, observer
        self._results = Results(plan.results)
        self._tracker: Follower | None = None
        self._runs: dict[str, RunRecord] = {}
        self._changed: set[str] = set()
        self._tracked_at = 0.0

    def run(self) -> list[Summary]:
        """See `run`."""
        every = preparation.jobs(self._plan, self._registry, self._results, self._observer)
        jobs = list({job.run.run_id: job for job in every}.values())
        self._results.prepare()
        with ExitStack() as stack:
            self._tracker = self._start_tracking(stack)
            self._keep_records(jobs)
            cells = self._cells(jobs)
            missing = [cell for cell in cells if not _complete(cell)]
            self._observer.planned([job.run for job in jobs], len(cells), len(cells) - len(missing))
            if missing:
                self._execute(missing, jobs)
            return self._summaries(jobs)

    def _keep_records(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._results.write_protocol(job.material.protocol, job.material.truth())
            self._runs[job.run.run_id] = self._results.write_run(job.run)

    def _cells(self, jobs: list[Job]) -> list[Cell]:
        """Return the cells of all runs; features are extracted where they are missing."""
        stored: dict[tuple[str, str, Any], FeatureSet | None] = {}
        cells: list[Cell] = []
        for job in jobs:
            address = (job.run.dataset, job.run.task, str(job.run.method.features))
            if address not in stored:
                stored[address] = self._features(job)
            features = stored[address]
            if features is None:
                continue
            cells += assembly.cells(self._results, job.material, job.parts, job.run, job.conditions, features)
        return cells

    def _features(self, job: Job) -> FeatureSet | None:
        """Return the features of a job's corpus; None, with the reason in its cells, where they cannot be had."""
        from sabench.features import FeatureStore

        name = job.run.method.features.name
        try:
            with self._observer.stage(f"{job.run.dataset}: extracting {name}") as progress:
                return FeatureStore().ensure(
                    job.material.corpus.table, job.parts.extractor, name, jobs=self._plan.jobs, progress=progress
                )
        except SabenchError as error:
            for key in job.run.folds.values():
                folder = self._results.cell(key)
                with folder.lock():
                    folder.fail(str(error))
            self._observer.warn(str(error))
            return None

    def _execute(self, cells: list[Cell], jobs: list[Job]) -> None:
        executor = self._executor(cells, jobs)
        try:
            Execution(executor, self._cell_ended, self._line, self._track_now_and_then).run(cells)
        finally:
            executor.close()

    def _executor(self, cells: list[Cell], jobs: list[Job]) -> CellExecutor:
        if self._plan.dask:
            return Dask(self._plan.dask)
        if self._plan.jobs is not None:
            return Processes(self._plan.jobs) if self._plan.jobs > 1 else Inline()
        threads = max(cell.threads for cell in cells)
        slots = min(len(cells), max(1, cores() // threads))
        if slots == 1 or any(cell.device != "cpu" for cell in cells):
            return Inline()
        expected = sum(costs.estimate(job.material, job.parts, job.run).seconds for job in jobs)
        return Processes(slots) if expected > CHEAP_S else Inline()

    def _cell_ended(self, cell: Cell, status: str, reason: str) -> None:
        self._changed.add(cell.run_id)
        self._observer.cell(self._runs[cell.run_id], cell.fold, status, reason)

    def _line(self, cell: Cell, line: Mapping[str, Any]) -> None:
        self._changed.add(cell.run_id)
        self._observer.epoch(self._runs[cell.run_id], cell.fold, line)

    def _summaries(self, jobs: list[Job]) -> list[Summary]:
        found = []
        for job in jobs:
            run = self._results.run(job.run.run_id)
            if self._tracker:
                self._tracker.finish(run.run_id)
            for draw in job.run.draws:
                found.append(summarise(self._results, run, draw))
                self._observer.finished(found[-1])
        return found

    def _start_tracking(self, stack: ExitStack) -> Follower | None:
        if not self._plan.track:
            return None
        from sabench.tracking import Follower

        follower = Follower(self._plan.results, on_error=lambda error: self._observer.warn(str(error)))
        return stack.enter_context(follower)

    def _track_now_and_then(self) -> None:
        if self._tracker and self._changed and time.monotonic() - self._tracked_at > TRACK_EVERY_S:
            for run_id in sorted(self._changed):
                self._tracker.submit(run_id)
            self._changed.clear()
            self._tracked_at = time.monotonic()


def _complete(cell: Cell) -> bool:
    return is_complete(cell.folder, tuple(evaluation.key for evaluation in cell.evaluations))
