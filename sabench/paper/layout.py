"""What a packaged comparison says, and where it is found: entry points of the group `sabench.plans`.

An entry point leads to the path of a TOML file; the name is what users type.
"""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sabench.errors import PlanError, PluginLoadError, UnknownPlugin, did_you_mean

GROUP: Final = "sabench.plans"


class _Layout(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Layout):
    """Methods that are run in one way.

    Attributes:
        adapters: names of methods.
        preset: a named set of parameters.
        settings: over the preset.
        search: whether to choose from the declared grid on validation.
    """

    adapters: tuple[str, ...] = Field(min_length=1)
    preset: str | None = None
    settings: dict[str, Any] = {}
    search: bool = False


class Place(_Layout):
    """A dataset and task under one protocol.

    Attributes:
        dataset: as `name:task`.
        heading: what the publication calls it.
        pool: as on the command line; one for all tables, so that they share trained models.
        settings: of a group at this place, by name of the group.
    """

    dataset: str
    heading: str
    pool: str
    settings: dict[str, dict[str, Any]] = {}


class TableLayout(_Layout):
    """One table of the publication.

    Attributes:
        caption: what it shows, in a few words.
        places: which places.
        adapters: which methods; every one of all groups where none is named.
        draws: one for a table of scores; several for one of means and standard deviations over draws.
        printed: mean and standard deviation in percent by place and method, where it has draws.
    """

    caption: str
    places: tuple[str, ...]
    adapters: tuple[str, ...] = ()
    draws: tuple[str, ...] = ("first",)
    printed: dict[str, dict[str, tuple[float, float]]] = {}


class Gain(_Layout):
    """A relative gain that the publication prints.

    Attributes:
        adapter, over: of which method over which.
        printed: in percent, by place.
    """

    adapter: str
    over: str
    printed: dict[str, float]


class Reduced(_Layout):
    """How the comparison shrinks to fit a small machine.

    Attributes:
        preset: instead of that of groups which have one; nothing is searched then.
        settings: of groups which have a preset.
        scale: of the twins.
    """

    preset: str
    settings: dict[str, Any] = {}
    scale: float = 0.05


class Publication(_Layout):
    """A comparison of the literature.

    Attributes:
        title, source, url: which one; rows of `Dataset.reported` whose source begins so belong to it.
        notes: what a reader must know of the comparison itself.
        groups: what is run, by name.
        places: on what, by name.
        tables: by number.
        gains: over all places that a gain names.
        reduced: for small machines.
    """

    title: str
    source: str
    url: str
    notes: tuple[str, ...] = ()
    groups: dict[str, Group]
    places: dict[str, Place]
    tables: dict[str, TableLayout]
    gains: tuple[Gain, ...] = ()
    reduced: Reduced


def names() -> list[str]:
    """Return the names of the packaged comparisons, importing nothing."""
    return sorted({point.name for point in importlib.metadata.entry_points(group=GROUP)})


def publication(name: str | None = None) -> Publication:
    """Return a packaged comparison; the only one where none is named.

    Raises:
        UnknownPlugin: there is none of this name.
        PlanError: none is named, and there is not exactly one.
        PluginLoadError: it cannot be read.
    """
    known = names()
    if name is None:
        if len(known) != 1:
            msg = f"There are {len(known)} packaged comparisons ({', '.join(known) or 'none'}). Name one with --plan."
            raise PlanError(msg)
        name = known[0]
    points = [point for point in importlib.metadata.entry_points(group=GROUP) if point.name == name]
    if not points:
        msg = f"Unknown comparison {name!r}.{did_you_mean(name, known)} Installed: {', '.join(known) or 'none'}."
        raise UnknownPlugin(msg)
    try:
        return read(Path(points[0].load()))
    except Exception as error:  # an entry point is a plugin's code and may raise anything
        msg = f"The comparison {name!r} is broken: {type(error).__name__}: {error}"
        raise PluginLoadError(msg) from error


def read(path: Path) -> Publication:
    """Return the comparison of a TOML file.

    Raises:
        PlanError: it cannot be read, or names what it does not have.
    """
    try:
        publication = Publication.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        msg = f"{path.name} cannot be read: {error.strerror}."
        raise PlanError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is not TOML: {error}."
        raise PlanError(msg) from error
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        msg = f"{path.name} is no comparison: {place}: {fault['msg'][0].lower()}{fault['msg'][1:]}."
        raise PlanError(msg) from error
    unknown = [name for table in publication.tables.values() for name in table.places if name not in publication.places]
    if unknown:
        msg = f"{path.name}: a table names the place {unknown[0]!r}; there are {', '.join(publication.places)}."
        raise PlanError(msg)
    return publication
