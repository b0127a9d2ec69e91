"""Which folds one start of a plan works on: all, those that are named, or every N-th of them."""

from __future__ import annotations

from collections.abc import Iterable

from sabench.results.runs import RunRecord
from sabench.running.plan import Plan


def asked_for(plan: Plan, runs: Iterable[RunRecord]) -> dict[str, tuple[str, ...]]:
    """Return the folds to work on by run id.

    A shard I of N takes the I-th, I+N-th, ... fold of all, in the order of the plan, whatever is done already: N
    starts of one plan, each with another I, work on every fold once.

    Args:
        plan: with `only` and `shard`.
        runs: in the order of the plan.
    """
    distinct = {run.run_id: run for run in runs}
    every = [
        (run_id, fold) for run_id, run in distinct.items() for fold in run.folds if not plan.only or fold in plan.only
    ]
    own = every[_first(plan.shard) :: _number(plan.shard)]
    return {run_id: tuple(fold for of, fold in own if of == run_id) for run_id in distinct}


def _first(shard: str | None) -> int:
    return int(shard.partition("/")[0]) - 1 if shard else 0


def _number(shard: str | None) -> int:
    return int(shard.partition("/")[2]) if shard else 1
