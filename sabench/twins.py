"""The mark of a simulated twin: one file in its root, found from wherever its audio is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sabench.errors import DatasetError

MARKER: Final = "sabench-twin.json"


def simulation_of(place: Path) -> Mapping[str, Any] | None:
    """Return how the speech at a place was made, or None where it is no twin.

    The mark is looked for in the folder, in those above it, and likewise where links lead, so that a
    twin stays a twin whichever of its folders is opened.

    Raises:
        DatasetError: there is a mark that cannot be read.
    """
    for folder in _folders(Path(place)):
        marker = folder / MARKER
        if marker.is_file():
            return _read(marker)
    return None


def _folders(place: Path) -> list[Path]:
    ways = (place.absolute(), place.resolve())
    return list(dict.fromkeys(folder for way in ways for folder in (way, *way.parents)))


def _read(marker: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{marker} marks a simulated twin and cannot be read ({error}). Simulate the twin anew."
        raise DatasetError(msg) from error
    if not isinstance(content, dict):
        msg = f"{marker} marks a simulated twin; expected one JSON object in it. Simulate the twin anew."
        raise DatasetError(msg)
    return content
