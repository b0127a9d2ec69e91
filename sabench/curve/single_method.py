"""From a plan of several methods to one of each: a curve sets parameters of one method at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sabench.curve.enrolment_size import KINDS, Carrier
from sabench.errors import ParameterError
from sabench.protocols.folds import PoolRule
from sabench.registry.methods import Choice, resolve
from sabench.registry.registry import Registry
from sabench.running.plan import Plan


def pool_for(carriers: Iterable[Carrier], k: int) -> PoolRule:
    """Return the pool that serves all methods at the largest k: of each kind that one of them takes."""
    size = dict.fromkeys(KINDS, 0) | {carrier.kind: k for carrier in carriers}
    return PoolRule(size["neutral"], size["unlabelled"], size["labelled"])


def choice_of(registry: Registry, plan: Plan, name: str) -> Choice:
    """Return what a plan says of one of its methods: without what it sets for the others."""
    adapter = resolve(registry, [name], Choice(plan.features, plan.normaliser))[0].adapter
    preset = plan.preset if plan.preset in adapter.presets else None
    settings = {}
    for key, value in plan.settings.items():
        try:
            resolve(registry, [name], Choice(plan.features, plan.normaliser, preset, {key: value}))
        except ParameterError:  # set for another method of the plan, as the whole plan has been resolved before
            continue
        settings[key] = value
    return Choice(plan.features, plan.normaliser, preset, settings)


def only(registry: Registry, plan: Plan, name: str) -> dict[str, Any]:
    """Return the changes that make a plan one of a single method."""
    choice = choice_of(registry, plan, name)
    return {"adapters": (name,), "preset": choice.preset, "settings": dict(choice.settings)}
