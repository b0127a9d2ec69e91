"""Segments of one recording that share sound. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE_S: Final = 0.02
"""[guess] Segments that share less only touch: label files round to hundredths of a second."""


class Overlap(NamedTuple):
    """Two utterances that share some sound of one file, and not all of it.

    Attributes:
        first: id of the one that starts earlier.
        second: id of the other.
        path: of the file.
        seconds: how much they share.
    """

    first: str
    second: str
    path: str
    seconds: float


def overlaps(table: pd.DataFrame) -> Iterator[Overlap]:
    """Yield the overlaps between the segments of every file, in the order of files and starts.

    Segments that are the same are no overlap: they have one digest, by which they are found.

    Args:
        table: with id, path, start_s and duration_s; without durations nothing is known.
    """
    if not {"path", "start_s", "duration_s"} <= set(table.columns):
        return
    if table["path"].is_unique:
        return
    many = table[table["path"].duplicated(keep=False) & table["duration_s"].notna()]
    for path, rows in many.groupby("path", sort=False):
        ordered = rows.sort_values(["start_s", "duration_s"], kind="stable")
        columns = (ordered["id"].tolist(), ordered["start_s"].tolist(), ordered["duration_s"].tolist())
        segments = [(name, start_s, start_s + length_s) for name, start_s, length_s in zip(*columns, strict=True)]
        for i, (first, start_s, end_s) in enumerate(segments):
            for j in range(i + 1, len(segments)):  # a slice would copy what is left, for each segment
                second, other_s, other_end_s = segments[j]
                if other_s >= end_s - TOLERANCE_S:
                    break
                seconds = min(end_s, other_end_s) - other_s
                if seconds > TOLERANCE_S and (start_s, end_s) != (other_s, other_end_s):
                    yield Overlap(first, second, str(path), seconds)


def sharers(table: pd.DataFrame) -> dict[str, set[str]]:
    """Return, for every utterance that shares sound with others of its file, their ids."""
    others: dict[str, set[str]] = {}
    for overlap in overlaps(table):
        others.setdefault(overlap.first, set()).add(overlap.second)
        others.setdefault(overlap.second, set()).add(overlap.first)
    return others
