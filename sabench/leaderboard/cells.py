"""The cells of a row in words, the same in the terminal, in Markdown and on the page."""

from __future__ import annotations

import math

from sabench.leaderboard.board import MARKS, Difference, Row
from sabench.verdicts.harm import Harm
from sabench.verdicts.wording import difference_words, p_number, points


def difference(row: Row) -> str:
    """Return the verdict's mark, the difference to the baseline in points with its interval, and the baseline."""
    found = row.difference
    if found is None:
        return "baseline" if row.baseline else "-"
    return f"{MARKS[found.verdict]} {difference_words(found.effect, found.low, found.high)} vs {found.baseline}"


def p_value(found: Difference | None) -> str:
    """Return the corrected p; says so where it is about trained models only."""
    if found is None:
        return "-"
    only = " (these trained models)" if found.verdict == "models" else ""
    return f"{p_number(found.p_corrected)}{only}"


def harmed(found: Difference | None) -> str:
    """Return for how many speakers a method scores lower than its baseline, and the largest loss in points."""
    if found is None:
        return "-"
    return Harm(found.n_worse, found.n_speakers, found.largest_loss, found.worse_speaker).short


def detectable(found: Difference | None) -> str:
    """Return the difference that such a comparison finds, where this one found none."""
    if found is None or found.verdict != "none":
        return "-"
    return "none" if math.isinf(found.high) else points(found.detectable)
