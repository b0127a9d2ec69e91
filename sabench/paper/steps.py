"""From a packaged comparison to plans, and to their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sabench.corpora import roots
from sabench.errors import DatasetError, PlanError, did_you_mean
from sabench.interfaces.plugins import Dataset
from sabench.interfaces.records import Twin
from sabench.paper.layout import Group, Place, Publication
from sabench.registry.methods import Choice
from sabench.registry.registry import Registry
from sabench.results.summary import Summary
from sabench.running import runner
from sabench.running.observer import Observer
from sabench.running.plan import Plan


@dataclass(frozen=True)
class Request:
    """What a user wants of a comparison.

    Attributes:
        tables: their numbers; all of them by default.
        twin: run on simulated twins; its scale is the publication's reduced one where it says none.
        reduced: shrink it to fit a small machine.
        preset, search, settings: over those of the publication, for groups that have a preset.
        common: fields of `Plan` for every run, such as seeds, jobs and results.
    """

    tables: tuple[str, ...] = ()
    twin: Twin | None = None
    reduced: bool = False
    preset: str | None = None
    search: bool | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    common: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One group of methods at one place."""

    place: str
    group: str
    plan: Plan


@dataclass(frozen=True)
class Carried:
    """What a comparison gave.

    Attributes:
        steps: what was run.
        summaries: of every run and draw, by place and method.
        left_out: places that could not be run, a sentence each.
    """

    steps: tuple[Step, ...]
    summaries: Mapping[tuple[str, str], tuple[Summary, ...]]
    left_out: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every run has all its folds."""
        return all(one.record.status == "complete" for summaries in self.summaries.values() for one in summaries)


def steps(publication: Publication, request: Request, registry: Registry) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Return what is to be run, and why some places are not.

    Raises:
        PlanError: a table that there is not, or no place where anything can be run.
    """
    chosen = _tables(publication, request)
    wanted = dict.fromkeys(place for number in chosen for place in publication.tables[number].places)
    left_out = {name: reason for name in wanted if (reason := _missing(publication.places[name], request, registry))}
    planned = [
        Step(name, group, _plan(publication, request, name, group, adapters, _draws(publication, chosen, name)))
        for name in wanted
        if name not in left_out
        for group, adapters in _groups(publication, chosen, name).items()
    ]
    if not planned:
        msg = f"Nothing of {publication.title!r} can be run. {' '.join(dict.fromkeys(left_out.values()))}"
        raise PlanError(f"{msg} To try it without the recordings, add --simulated.")
    return tuple(planned), tuple(dict.fromkeys(left_out.values()))


def carry(planned_steps: Sequence[Step], left_out: Sequence[str], registry: Registry, observer: Observer) -> Carried:
    """Run what is not done yet; returns the outcome of everything."""
    summaries: dict[tuple[str, str], tuple[Summary, ...]] = {}
    for step in planned_steps:
        for summary in runner.run(step.plan, registry=registry, observer=observer):
            address = step.place, summary.record.method.name
            summaries[address] = (*summaries.get(address, ()), summary)
    return Carried(tuple(planned_steps), summaries, tuple(left_out))


def choice(publication: Publication, request: Request, place: str, group: str, *, published: bool = False) -> Choice:
    """Return preset and settings of a group at a place: as published, or as they are run."""
    about: Group = publication.groups[group]
    settings = {**about.settings, **publication.places[place].settings.get(group, {})}
    if published or about.preset is None:
        return Choice(preset=about.preset, settings=settings)
    preset = request.preset or (publication.reduced.preset if request.reduced else about.preset)
    smaller = publication.reduced.settings if request.reduced else {}
    return Choice(preset=preset, settings={**settings, **smaller, **request.settings})


def _tables(publication: Publication, request: Request) -> tuple[str, ...]:
    for number in request.tables:
        if number not in publication.tables:
            known = ", ".join(publication.tables)
            msg = f"{publication.title!r} has no table {number!r} here.{did_you_mean(number, publication.tables)}"
            raise PlanError(f"{msg} There are: {known}.")
    return request.tables or tuple(publication.tables)


def _groups(publication: Publication, chosen: Sequence[str], place: str) -> dict[str, tuple[str, ...]]:
    """Return the methods of each group that the tables show at a place."""
    tables = [publication.tables[number] for number in chosen if place in publication.tables[number].places]
    every = any(not table.adapters for table in tables)
    named = {name for table in tables for name in table.adapters}
    groups = {
        group: tuple(name for name in about.adapters if every or name in named)
        for group, about in publication.groups.items()
    }
    return {group: adapters for group, adapters in groups.items() if adapters}


def _draws(publication: Publication, chosen: Sequence[str], place: str) -> tuple[str, ...]:
    tables = [publication.tables[number] for number in chosen if place in publication.tables[number].places]
    return tuple(dict.fromkeys(draw for table in tables for draw in table.draws))


def _plan(
    publication: Publication, request: Request, place: str, group: str, adapters: tuple[str, ...], draws: Sequence[str]
) -> Plan:
    about, where = publication.groups[group], publication.places[place]
    selected = choice(publication, request, place, group)
    search = about.search and not request.reduced if request.search is None else request.search and about.search
    return Plan.build(
        {
            **request.common,
            "adapters": adapters,
            "datasets": [where.dataset],
            "preset": selected.preset,
            "settings": dict(selected.settings),
            "pool": where.pool,
            "draws": draws,
            "accept_fewer": True,
            "search": search,
            "twin": request.twin,
        }
    )


def _missing(place: Place, request: Request, registry: Registry) -> str:
    """Return why a place cannot be run; empty where it can."""
    name = place.dataset.partition(":")[0]
    dataset: type[Dataset] = registry.get("datasets", name)
    if request.twin is not None:
        return "" if dataset.can_simulate else f"{name} has no simulated twin."
    try:
        roots.find(name, dataset)
    except DatasetError as error:
        return str(error).partition("\n")[0]
    return ""
