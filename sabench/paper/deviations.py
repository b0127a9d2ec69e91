"""In what a comparison was run otherwise than it was published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sabench.interfaces.records import Method
from sabench.paper.layout import Publication
from sabench.paper.steps import Carried, Request, Step, choice
from sabench.registry.methods import Parts, resolve
from sabench.registry.registry import Registry
from sabench.results.folder import Results


def deviations(
    publication: Publication, request: Request, carried: Carried, results: Results, registry: Registry
) -> list[str]:
    """Return every difference, a sentence each."""
    sentences: list[str] = []
    if request.twin is not None:
        twin = request.twin
        sentences.append(
            f"Simulated twins stand for the recordings: scale {twin.scale:g}, seed {twin.seed}, "
            f"speaker effect {twin.speaker_effect:g}."
        )
    for step in carried.steps:
        sentences += _of_group(publication, request, step, registry)
        sentences += _of_pools(publication, carried, step, results)
    seeds = request.common.get("seeds") or (0,)
    if len(seeds) > 1:
        sentences.append(f"Scores are the mean over {len(seeds)} seeds; the publication trains once.")
    return list(dict.fromkeys([*sentences, *carried.left_out]))


def _of_group(publication: Publication, request: Request, step: Step, registry: Registry) -> list[str]:
    """Return how a group differs at a place: parameters, and what is searched."""
    there, here = (
        resolve(registry, step.plan.adapters, choice(publication, request, step.place, step.group, published=published))
        for published in (True, False)
    )
    sentences = _changes(step, there, here)
    if publication.groups[step.group].search and not step.plan.search:
        grids = [
            "; ".join(f"{key} {', '.join(map(str, tried))}" for key, tried in part.adapter.search_grid.items())
            for part in here
        ]
        tries = dict.fromkeys(filter(None, grids))
        sentences += [f"{step.group}: nothing is searched; the publication tries {grid}." for grid in tries]
    return sentences


def _changes(step: Step, there: Sequence[Parts], here: Sequence[Parts]) -> list[str]:
    """Return what is set otherwise than published: a sentence for all methods of the group that share it."""
    methods_of: dict[str, list[str]] = {}
    for part, published in zip(here, there, strict=True):
        was, now = _parameters(published.method), _parameters(part.method)
        for key in was:
            if now[key] != was[key]:
                methods_of.setdefault(f"{key} {now[key]} instead of {was[key]}", []).append(part.method.name)
    changes_of: dict[str, list[str]] = {}
    for change, names in methods_of.items():
        who = step.group if len(names) == len(here) else ", ".join(names)
        changes_of.setdefault(who, []).append(change)
    return [f"{who}: {', '.join(changes)}." for who, changes in changes_of.items()]


def _parameters(method: Method) -> dict[str, Any]:
    """Return every parameter of a method; those in front of its adapter are called as users set them."""
    in_front = [part for part in (method.normaliser, method.features) if part]
    return {
        **method.adapter.parameters,
        **{f"{part.name}.{key}": value for part in in_front for key, value in part.parameters.items()},
    }


def _of_pools(publication: Publication, carried: Carried, step: Step, results: Results) -> list[str]:
    """Return how many target speakers have fewer enrolment utterances than a table goes through."""
    summaries = [row for name in step.plan.adapters for row in carried.summaries.get((step.place, name), ())]
    if not summaries or len(step.plan.draws) < 2:
        return []
    card = results.card(summaries[0].record.protocol_hash)
    wanted = card["pool"]["neutral"]
    targets = {name for fold in card["folds"] for name in fold["test"]}
    fewer = [name for name in targets if len(card["speakers"][name]["neutral"]) < wanted]
    if not fewer:
        return []
    return [
        f"{publication.places[step.place].heading}: {len(fewer)} of {len(targets)} target speakers have fewer than "
        f"{wanted} neutral utterances; behind their last one the first serves again."
    ]
