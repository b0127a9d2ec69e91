"""The one loop: a plan to results, through an executor, resuming what is done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sabench.cells.cell import Cell
from sabench.cells.rehearsal import steps_for
from sabench.cells.work import is_complete
from sabench.errors import PlanError, SabenchError, did_you_mean, first_few
from sabench.machine import isolation
from sabench.machine.environment import free_bytes
from sabench.registry.libraries import is_installed
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.results.runs import RunRecord
from sabench.results.summary import Summary, summarise
from sabench.running import assembly, costs, preparation, shares
from sabench.running.executors import Batch, CellExecutor, Dask, Isolated, slots_for
from sabench.running.observer import Observer
from sabench.running.plan import Plan
from sabench.running.planned_run import PlannedRun
from sabench.running.supervisor import Execution

if TYPE_CHECKING:
    from sabench.features.featureset import FeatureSet
    from sabench.running.costs import Estimate
    from sabench.tracking.follower import Follower

TRACK_EVERY_S = 3.0


def run(
    plan: Plan,
    *,
    registry: Registry | None = None,
    observer: Observer | None = None,
    executor: CellExecutor | None = None,
) -> list[Summary]:
    """Carry out a plan; returns one summary per run and draw, in the order of the plan.

    What is complete in the results folder is not computed again. A failed fold becomes part of its
    summary and the rest goes on. Cells run where the plan says, or in the executor that is handed over.

    Raises:
        SabenchError: the plan cannot be carried out as written, or results cannot be kept.
    """
    return Runner(plan, registry or Registry(), observer or Observer(), executor).run()


class Runner:
    """Carries out one plan."""

    def __init__(
        self, plan: Plan, registry: Registry, observer: Observer, executor: CellExecutor | None = None
    ) -> None:
        self._given = executor
        self._plan, self._registry, self._observer = preparation.settled(plan, registry), registry, observer
        self._results = Results(plan.results)
        self._tracker: Follower | None = None
        self._runs: dict[str, RunRecord] = {}
        self._features_of: dict[tuple[str, str, str], FeatureSet | SabenchError] = {}
        self._changed: set[str] = set()
        self._tracked_at = 0.0
        self._free = cache(free_bytes)  # before any fold takes some

    def run(self) -> list[Summary]:
        """See `run`."""
        self._warm_up()
        every = preparation.planned_runs(self._plan, self._registry, self._observer)
        planned = list({each.record.run_id: each for each in every}.values())
        self._results.prepare()
        with ExitStack() as stack:
            self._tracker = self._start_tracking(stack)
            self._keep_records(planned)
            asked = shares.asked_for(self._plan, [each.record for each in planned])
            missing = [(each, self._missing_folds(each, asked[each.record.run_id])) for each in planned]
            estimates = [costs.estimate(each, self._plan, folds, free=self._free) for each, folds in missing if folds]
            self._observer.expected(estimates)
            cells = [self._cells(each, folds) for each, folds in missing if folds]
            records = [each.record for each in planned]
            n_cells = sum(map(len, asked.values()))
            n_missing = sum(len(folds) for _, folds in missing)
            self._observer.planned(records, n_cells, n_cells - n_missing)
            stack.callback(self._observer.ended)
            if cells:
                self._execute(chain.from_iterable(cells), estimates)
            summaries = self._summaries(planned)
            self._observer.ended()
            self._observer.all_finished(summaries)
            return summaries

    def _warm_up(self) -> None:
        """Have what the cells import imported in another process while this one reads the corpora."""
        if not (self._plan.dask or self._given):
            for parts in preparation.parts(self._plan, self._registry):
                isolation.prepare(steps_for(parts.adapter, parts.normaliser))

    def _keep_records(self, planned: list[PlannedRun]) -> None:
        for each in planned:
            self._results.write_protocol(each.split_corpus.protocol, each.split_corpus.truth())
            self._runs[each.record.run_id] = self._results.write_run(each.record)

    def _missing_folds(self, planned: PlannedRun, folds: Iterable[str]) -> set[str]:
        """Return those of some folds that lack something which this or an earlier start of the run asked for.

        Raises:
            PlanError: the plan names a fold that there is not.
        """
        unknown = [name for name in self._plan.only if name not in planned.record.folds]
        if unknown:
            known = list(planned.record.folds)
            msg = f"There is no fold {unknown[0]!r}.{did_you_mean(unknown[0], known)} There are: {first_few(known)}."
            raise PlanError(msg)
        asked = self._runs[planned.record.run_id].evaluations.values()
        shapes = planned.split_corpus.shapes
        return {
            fold
            for fold in folds
            if not is_complete(
                self._results.cell(planned.record.folds[fold]),
                {keys[fold]: shapes[fold] for keys in asked},
                strict=self._plan.strict,
            )
        }

    def _cells(self, planned: PlannedRun, folds: set[str]) -> Iterator[Cell]:
        """Return the cells of some folds of a run; features are extracted at once where they are missing."""
        address = (planned.record.dataset, planned.record.task, str(planned.record.method.features))
        if address not in self._features_of:
            self._features_of[address] = self._features(planned)
        features = self._features_of[address]
        if isinstance(features, SabenchError):
            self._fail(planned, folds, str(features))
            return iter(())
        run = self._runs[planned.record.run_id]
        return assembly.cells(self._results, planned, run, features, folds, strict=self._plan.strict)

    def _features(self, planned: PlannedRun) -> FeatureSet | SabenchError:
        """Return the features of a run's corpus, or why they cannot be had."""
        from sabench.features.store import FeatureStore

        name = planned.record.method.features.name
        try:
            with self._observer.stage(f"{planned.record.dataset}: extracting {name}") as progress:
                return FeatureStore().ensure(
                    planned.split_corpus.corpus.table,
                    planned.parts.extractor,
                    name,
                    jobs=self._plan.jobs,
                    progress=progress,
                )
        except SabenchError as error:
            self._observer.warn(str(error))
            return error

    def _fail(self, planned: PlannedRun, folds: set[str], reason: str) -> None:
        for fold in folds:
            folder = self._results.cell(planned.record.folds[fold])
            with folder.lock():
                folder.fail(reason)

    def _execute(self, cells: Iterable[Cell], estimates: list[Estimate]) -> None:
        executor = self._executor(estimates)
        try:
            fail_fast = self._plan.fail_fast
            Execution(executor, self._cell_ended, self._line, self._track_now_and_then, fail_fast=fail_fast).run(cells)
        finally:
            executor.close()

    def _executor(self, estimates: list[Estimate]) -> CellExecutor:
        """Return where the cells of these runs are worked on."""
        if self._given is not None:
            return self._given
        n_cells = sum(each.n_folds for each in estimates)
        threads = max(each.run.threads for each in estimates)
        if self._plan.dask and self._plan.is_batch:
            logs = self._results.folder.absolute() / "jobs"
            self._observer.note(f"Folds are worked on by jobs of {self._plan.dask}; what these print is in {logs}.")
            return Batch(self._plan.dask, self._plan.batch, n_cells, threads, logs)
        if self._plan.dask:
            return Dask(self._plan.dask)
        other = next((each.run.device for each in estimates if each.run.device != "cpu"), "cpu")
        wanted = slots_for(n_cells, threads, other, self._plan.jobs)
        # Folds of several methods may be at work at the same time.
        largest = max(each.cell.device_bytes for each in estimates)
        slots, note = costs.with_room(wanted, largest, other, self._free)
        if note:
            self._observer.note(note)
        return Isolated(slots)

    def _cell_ended(self, cell: Cell, status: str, reason: str) -> None:
        self._changed.add(cell.run_id)
        self._observer.cell(self._runs[cell.run_id], cell.fold, status, reason)

    def _line(self, cell: Cell, line: Mapping[str, Any]) -> None:
        self._changed.add(cell.run_id)
        self._observer.epoch(self._runs[cell.run_id], cell.fold, line)

    def _summaries(self, planned: list[PlannedRun]) -> list[Summary]:
        summaries = []
        for each in planned:
            run = self._results.run(each.record.run_id)
            if self._tracker:
                self._tracker.finish(run.run_id)
            for draw in each.record.draws:
                summaries.append(summarise(self._results, run, draw))
                self._observer.finished(summaries[-1])
        return summaries

    def _start_tracking(self, stack: ExitStack) -> Follower | None:
        if not self._plan.track:
            return None
        if not is_installed("mlflow"):
            self._observer.note(
                "MLflow is not installed, so that nothing is tracked. To log these runs later: pip install mlflow, and "
                "sabench track."
            )
            return None
        from sabench.tracking.follower import Follower

        follower = Follower(self._plan.results, on_error=lambda error: self._observer.warn(str(error)))
        return stack.enter_context(follower)

    def _track_now_and_then(self) -> None:
        if self._tracker and self._changed and time.monotonic() - self._tracked_at > TRACK_EVERY_S:
            for run_id in sorted(self._changed):
                self._tracker.submit(run_id)
            self._changed.clear()
            self._tracked_at = time.monotonic()
