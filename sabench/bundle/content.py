"""What a bundle says, read into records and not yet believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from sabench.bundle import archive, rows
from sabench.bundle.rows import Rows
from sabench.errors import BundleError, SabenchError
from sabench.hashing import canonical
from sabench.protocols import compact
from sabench.protocols.card import Card
from sabench.results.runs import CellRecord, RunRecord

CARD: Final = "card.json"
RUN: Final = "run.json"
CELLS: Final = "cells.json"
SCORES: Final = "scores.json"
ENVIRONMENT: Final = "environment.json"


@dataclass(frozen=True)
class Content:
    """Everything that a bundle says.

    Attributes:
        raw_card: the protocol card, whole; its hash is the protocol's.
        card: its parts.
        record: the run.
        evaluation_parameters: of its adapter, which are no part of a fit key.
        search: the grid that was searched; empty for none.
        sabench: the version that exported it.
        cells: what is known of every fold.
        scores: by draw, as they stand there.
        rows: predictions, by draw.
    """

    raw_card: Mapping[str, Any]
    card: Card
    record: RunRecord
    evaluation_parameters: tuple[str, ...]
    search: Mapping[str, Any]
    sabench: str
    cells: tuple[CellRecord, ...]
    scores: Mapping[str, Any]
    rows: Mapping[str, Rows]

    @property
    def has_labels(self) -> bool:
        """Whether the true classes are part of it."""
        return all(rows.labels is not None for rows in self.rows.values())


@dataclass(frozen=True)
class _Run:
    """The layout of `run.json`."""

    record: RunRecord
    evaluation_parameters: tuple[str, ...]
    search: Mapping[str, Any]
    sabench: str


@dataclass(frozen=True)
class _Cells:
    """The layout of `cells.json`."""

    cells: tuple[CellRecord, ...]


@contextmanager
def strange_values() -> Iterator[None]:
    """Tell what values of a bundle make Python raise as a fault of the bundle: anybody may have written them.

    Raises:
        BundleError: in place of what was raised.
    """
    try:
        yield
    except SabenchError:
        raise
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        msg = f"The bundle holds a value that sabench never writes there ({type(error).__name__}: {error})."
        raise BundleError(msg) from error


def open_bundle(path: Path) -> Content:
    """Return what a bundle says; nothing of it is verified but its layout.

    Raises:
        BundleError: it is damaged, dangerous, or no bundle.
    """
    return parse(archive.load_bytes(path))


@strange_values()
def parse(content: bytes) -> Content:
    """Return what the bytes of a bundle say; see `open_bundle`."""
    members = archive.unpack(content)
    for name in (CARD, RUN, CELLS, SCORES, ENVIRONMENT):
        if name not in members:
            msg = f"The bundle has no {name}; it holds {', '.join(sorted(members)) or 'nothing'}."
            raise BundleError(msg)
    texts = {name: archive.read_json(name, members.pop(name)) for name in (CARD, RUN, CELLS, SCORES, ENVIRONMENT)}
    raw_card = compact.whole(texts[CARD])
    run: _Run = _record(_Run, RUN, texts[RUN])
    cells: _Cells = _record(_Cells, CELLS, _with_environment(texts[CELLS], texts[ENVIRONMENT]))
    card: Card = _checked(lambda: Card.model_validate(raw_card), CARD)
    draws = {rows.member_of(draw): draw for draw in run.record.draws}
    _refuse_other_draws(draws, members, texts[SCORES])
    return Content(
        raw_card=raw_card,
        card=card,
        record=run.record,
        evaluation_parameters=run.evaluation_parameters,
        search=run.search,
        sabench=run.sabench,
        cells=cells.cells,
        scores=texts[SCORES],
        rows={draw: rows.read(name, members[name]) for name, draw in draws.items()},
    )


def run_json(record: RunRecord, evaluation_parameters: tuple[str, ...], search: Mapping[str, Any], sabench: str) -> Any:
    """Return what `run.json` holds."""
    return asdict(_Run(record, evaluation_parameters, search, sabench))


def cells_json(cells: tuple[CellRecord, ...]) -> tuple[Any, Any]:
    """Return what `cells.json` and `environment.json` hold."""
    entries = [asdict(cell) for cell in cells]
    environments = {entry["fold"]: entry.pop("environment") for entry in entries}
    return {"cells": entries}, environments


def _with_environment(cells: dict[str, Any], environment: dict[str, Any]) -> dict[str, Any]:
    entries = cells.get("cells")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        msg = f"{CELLS} lists no folds; expected one entry a fold."
        raise BundleError(msg)
    if {entry.get("fold") for entry in entries} != environment.keys():
        msg = f"{ENVIRONMENT} and {CELLS} speak of different folds."
        raise BundleError(msg)
    return {"cells": [{**entry, "environment": environment[entry["fold"]]} for entry in entries]}


def _refuse_other_draws(draws: Mapping[str, str], members: Mapping[str, bytes], scores: Mapping[str, Any]) -> None:
    if draws.keys() != members.keys():
        msg = (
            f"The run has the draws {', '.join(draws.values()) or 'none'}; the bundle holds "
            f"{', '.join(sorted(members)) or 'no predictions'}. Expected one table of predictions a draw."
        )
        raise BundleError(msg)
    if set(draws.values()) != scores.keys():
        msg = (
            f"{SCORES} has scores of {', '.join(sorted(scores)) or 'nothing'}; "
            f"the run has the draws {', '.join(draws.values())}."
        )
        raise BundleError(msg)


def _record(layout: type, name: str, value: dict[str, Any]) -> Any:
    """Return a record from JSON that has exactly its fields."""
    record = _checked(lambda: TypeAdapter(layout).validate_python(value), name)
    if canonical(asdict(record)) != canonical(value):
        msg = f"{name} says something that sabench does not write there, or in another way; it was changed by hand."
        raise BundleError(msg)
    return record


def _checked(read: Any, name: str) -> Any:
    try:
        return read()
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        msg = f"{name} is not as a bundle holds it: {place}: {fault['msg'][0].lower()}{fault['msg'][1:]}."
        raise BundleError(msg) from error
