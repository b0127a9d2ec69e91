"""What a run is expected to cost, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np

from sabench.interfaces.records import Cost
from sabench.machine.environment import free_bytes
from sabench.results.runs import RunRecord
from sabench.running.executors import slots_for
from sabench.running.plan import Plan
from sabench.running.planned_run import PlannedRun

Free = Callable[[str], int | None]
"""Tells the free memory of a device in bytes; None for unknown."""
PROCESS_BYTES: Final = 600 * 10**6
"""What a graphics card's driver and libraries keep for each process, besides its tensors. [guess]"""


@dataclass(frozen=True)
class Estimate:
    """Cost of one run.

    Attributes:
        run: what it is of.
        n_folds: how many are left to do.
        n_fits: of each fold; more than one where a search tries candidates.
        n_train: training utterances of the largest fold.
        cell: the largest fold's cost.
        seconds: of all fits and evaluations, one after the other.
        at_once: how many folds are worked on side by side.
        one_card: whether these share an accelerator. Its arithmetic is then shared too, so that they end no sooner than
            one after the other; narrow networks, which do not fill it, are expected too late.
        note: says that the accelerator's memory lowered `at_once`; empty otherwise.
    """

    run: RunRecord
    n_folds: int
    n_fits: int
    n_train: int
    cell: Cost
    seconds: float
    at_once: int = 1
    one_card: bool = False
    note: str = ""

    @property
    def elapsed_s(self) -> float:
        """Seconds by the clock."""
        return self.seconds if self.one_card else self.seconds / self.at_once


def estimate(
    planned: PlannedRun, plan: Plan, folds: Collection[str] | None = None, *, free: Free = free_bytes
) -> Estimate:
    """Return the estimate of a run of a plan, or of some of its folds, from durations alone, without features."""
    split, parts, run = planned.split_corpus, planned.parts, planned.record
    shapes = [
        parts.extractor.expected_shape(duration_s) or (100, 100) for duration_s in split.corpus.table["duration_s"]
    ]
    lengths = np.array([shape[0] if len(shape) > 1 else 1 for shape in shapes], dtype=np.int64)
    costs = []
    sizes = []
    for fold in split.protocol.folds:
        if folds is not None and fold.name not in folds:
            continue
        n_classes = len(split.corpus.classes)
        of_fold = lengths[split.rows.rows(fold.train)]
        cost = parts.adapter.cost(of_fold, shapes[0][-1], n_classes, device=run.device, threads=run.threads)
        costs.append(cost)
        sizes.append(len(fold.train))
    largest = max(costs, key=lambda cost: cost.seconds)
    n_fits = _fits(planned)
    seconds = n_fits * sum(cost.seconds for cost in costs)
    # Nobody knows how many workers a Dask cluster will have.
    jobs = plan.batch.workers if plan.is_batch else 1 if plan.dask else plan.jobs
    at_once = slots_for(len(costs), run.threads, run.device, jobs)
    one_card = run.device != "cpu" and not plan.is_batch
    note = ""
    if not plan.dask:
        at_once, note = with_room(at_once, max(cost.device_bytes for cost in costs), run.device, free)
    return Estimate(run, len(costs), n_fits, max(sizes), largest, seconds, at_once, one_card, note)


def with_room(wanted: int, tensor_bytes: int, device: str, free: Free) -> tuple[int, str]:
    """Return how many folds a device's free memory has room for, and a sentence where these are fewer than wanted.

    Args:
        wanted: how many were to be worked on side by side.
        tensor_bytes: of the largest fold; 0 for unknown.
        device: that they share.
        free: asked only where the answer could matter.
    """
    there = free(device) if wanted > 1 and tensor_bytes and device != "cpu" else None
    if there is None:
        return wanted, ""
    each = tensor_bytes + PROCESS_BYTES
    slots = fitting(wanted, there, each)
    if slots == wanted:
        return wanted, ""
    note = (
        f"A fold takes up to about {each / 1e9:.1f} GB of the graphics card's memory, of which {there / 1e9:.1f} GB "
        f"are free: {slots} at a time in place of {wanted}."
    )
    return slots, note


def fitting(wanted: int, free: int, each: int) -> int:
    """Return how many of the folds that are wanted side by side fit into free memory; one always runs.

    >>> fitting(8, 10, 3), fitting(2, 10, 3), fitting(8, 2, 3)
    (3, 2, 1)
    """
    return max(1, min(wanted, free // each))


def _fits(planned: PlannedRun) -> int:
    """Return the fits of one fold: every candidate of a search, and the chosen one again where validation joins."""
    grid = planned.grid
    return prod(map(len, grid.values())) + planned.record.validation_as_training if grid else 1
