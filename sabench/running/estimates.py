"""What is left of plans, and what that is expected to cost; nothing is computed or written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sabench.machine.environment import free_bytes
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.running import costs, preparation
from sabench.running.costs import Estimate
from sabench.running.observer import Observer
from sabench.running.plan import Plan


def estimates(plans: Iterable[Plan], registry: Registry, observer: Observer) -> list[Estimate]:
    """Return what the folds that are not complete would cost, run by run; a run of several plans counts once.

    Raises:
        SabenchError: a plan cannot be carried out, or its results folder cannot be written.
    """
    left: dict[str, Estimate] = {}
    free = cache(free_bytes)  # asked once a command
    for plan in (preparation.settled(plan, registry) for plan in plans):
        results = Results(plan.results)
        results.refuse_unwritable()
        for planned in preparation.planned_runs(plan, registry, observer):
            cells = results.cells(results.continued(planned.record))
            missing = [cell.fold for cell in cells if cell.status != "complete"]
            if missing and planned.record.run_id not in left:
                left[planned.record.run_id] = costs.estimate(planned, plan, missing, free=free)
    return list(left.values())
