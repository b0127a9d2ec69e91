"""In what a comparison was run otherwise than it was published."""

from __future__ import annotations

from sabench.methods import resolve
from sabench.publication.carrying import Carried, Request, Step, choice
from sabench.publication.layout import Publication
from sabench.registry import Registry
from sabench.results import Results


def deviations(
    publication: Publication, request: Request, carried: Carried, results: Results, registry: Registry
) -> list[str]:
    """Return every difference, a sentence each."""
    told: list[str] = []
    if request.twin is not None:
        twin = request.twin
        told.append(
            f"Simulated twins stand for the recordings: scale {twin.scale:g}, seed {twin.seed}, "
            f"speaker effect {twin.speaker_effect:g}."
        )
    for step in carried.steps:
        told += _of_group(publication, request, step, registry)
        told += _of_pools(publication, carried, step, results)
    seeds = request.common.get("seeds") or (0,)
    if len(seeds) > 1:
        told.append(f"Scores are the mean over {len(seeds)} seeds; the publication trains once.")
    return list(dict.fromkeys([*told, *carried.left_out]))


def _of_group(publication: Publication, request: Request, step: Step, registry: Registry) -> list[str]:
    """Return how a group differs at a place: parameters, and what is searched."""
    name = publication.groups[step.group].adapters[0]
    choices = [choice(publication, request, step.place, step.group, published=published) for published in (True, False)]
    there, here = (resolve(registry, [name], chosen)[0] for chosen in choices)
    was, now = there.adapter.parameters(), here.adapter.parameters()
    changed = [f"{key} {now[key]} instead of {was[key]}" for key in was if now[key] != was[key]]
    told = [f"{step.group}: {', '.join(changed)}."] if changed else []
    if publication.groups[step.group].search and not step.plan.search:
        grid = "; ".join(f"{key} {', '.join(map(str, tried))}" for key, tried in here.adapter.search_grid.items())
        told.append(f"{step.group}: nothing is searched; the publication tries {grid}.")
    return told


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
