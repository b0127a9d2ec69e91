"""What a table answers, in two sentences: does adaptation help here, and which way is the cheapest?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sabench.leaderboard.board import Natural, RankedTable, Row, price_order
from sabench.verdicts.wording import access_words, difference_words, points

_MOST_NAMES = 4


def answer(table: RankedTable) -> str:
    """Return which adapted methods help, which the cheapest is, and which do harm; empty where none can be judged.

    All of it comes from the corrected differences to baselines that the table shows.
    """
    judged = [row for row in table.rows if row.group != "none" and row.difference and row.difference.about_methods]
    if not judged:
        return ""
    better = [row for row in judged if row.difference and row.difference.verdict == "better"]
    worse = [row for row in judged if row.difference and row.difference.verdict == "worse"]
    parts = [_helping(table, judged, better)]
    if better:
        parts.append(f"Cheapest: {_gain(min(better, key=_price))}.")
    if worse:
        parts.append(f"{_names(worse)} {'does' if len(worse) == 1 else 'do'} harm.")
    return " ".join(parts)


def _helping(table: RankedTable, judged: Sequence[Row], better: Sequence[Row]) -> str:
    place = f"On {table.title}{table.mark}"
    if better:
        verb = "helps" if len(better) == 1 else "help"
        one = f"{len(better)} of {len(judged)} adapted methods" if len(judged) > 1 else "the adapted method"
        return f"{place}, {one} {verb}: {_names(better)}."
    closest = max(judged, key=lambda row: row.difference.effect if row.difference else -math.inf)
    none = f"none of {len(judged)} adapted methods" if len(judged) > 1 else "the one adapted method"
    verb = "is shown to help" if len(judged) > 1 else "is not shown to help"
    size = closest.difference.detectable if closest.difference else math.nan
    could = "" if math.isnan(size) else f", where a true gain of {points(size)} would be found in 80 of 100 cases"
    return f"{place}, {none} {verb}; the most is {_gain(closest)}{could}."


def _gain(row: Row) -> str:
    gain = row.difference
    assert gain is not None  # only rows with one are judged
    return f"{row.method}, {access_words(row.access)}, {difference_words(gain.effect, gain.low, gain.high)}"


def _names(rows: Sequence[Row]) -> str:
    names = [row.method for row in rows]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _price(row: Row) -> tuple[tuple[int, Natural], float]:
    """Return what the cheapest is found by: its price, and among equals the larger gain."""
    return price_order(row.group, row.access), -(row.difference.effect if row.difference else 0.0)
