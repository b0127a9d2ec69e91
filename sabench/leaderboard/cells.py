"""The cells of a row in words, the same in the terminal, in Markdown and on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from sabench.leaderboard.board import MARKS, Across, AcrossRow, Difference, Ranking, Row
from sabench.verdicts.harm import Harm
from sabench.verdicts.wording import difference_words, p_number, p_words, points, signed


def difference(row: Row) -> str:
    """Return the verdict's mark, the difference to the baseline in points with its interval, and the baseline."""
    gain = row.difference
    if gain is None:
        return "baseline" if row.baseline else "-"
    return f"{MARKS[gain.verdict]} {difference_words(gain.effect, gain.low, gain.high)} vs {gain.baseline}"


def p_value(gain: Difference | None) -> str:
    """Return the corrected p; says so where it is about trained models only."""
    if gain is None:
        return "-"
    only = " (these trained models)" if gain.verdict == "models" else ""
    return f"{p_number(gain.p_corrected)}{only}"


def harmed(gain: Difference | None) -> str:
    """Return for how many speakers a method scores lower than its baseline, and the largest loss in points."""
    if gain is None:
        return "-"
    return Harm(gain.n_worse, gain.n_speakers, gain.largest_loss, gain.worse_speaker).short


def detectable(gain: Difference | None) -> str:
    """Return the difference that such a comparison finds, where this one found none."""
    if gain is None or gain.verdict != "none":
        return "-"
    return "none" if math.isinf(gain.high) else points(gain.detectable)


CONTAMINATED: Final = "Contaminated: features whose weights have seen this corpus (not ranked)"
ACROSS_HEAD = (
    "method",
    "access",
    "mean gain",
    "p (Holm)",
    "on each corpus",
    "between corpora",
    "detectable",
    "mean rank",
)


def across_cells(row: AcrossRow) -> list[str]:
    """Return the cells of a method over several corpora, under `ACROSS_HEAD`."""
    rank = "-" if row.mean_rank is None else f"{row.mean_rank:.2f}"
    if not row.verdict:
        return [row.method, row.access, "-", "-", "-", "-", "-", rank]
    return [
        row.method,
        row.access,
        f"{MARKS[row.verdict]} {difference_words(row.effect, row.low, row.high)} vs {row.baseline}",
        p_number(row.p_corrected),
        ", ".join(f"{one.dataset} {signed(one.effect)}" for one in row.corpora),
        points(row.between),
        points(row.detectable) if row.verdict == "none" else "-",
        rank,
    ]


def shared_words(shared: Sequence[str]) -> str:
    """Return the settings that all methods of a table share; empty where there are none.

    >>> shared_words(["features=dvector", "svm.C=0.1"])
    'all methods with features=dvector, svm.C=0.1'
    """
    return f"all methods with {', '.join(shared)}" if shared else ""


def across_title(across: Across) -> str:
    """Return which corpora are taken together."""
    return f"Across corpora{' (simulated)' if across.simulated else ''}: {', '.join(across.datasets)}"


def ranking_words(ranking: Ranking, n_corpora: int) -> str:
    """Return what the mean ranks say, in a sentence or two."""
    order = ", ".join(f"{name} {rank:.2f}" for name, rank in zip(ranking.methods, ranking.ranks, strict=True))
    friedman = "" if math.isnan(ranking.p) else f" All alike: {p_words(ranking.p)} (Friedman)."
    apart = f"Two methods differ where their mean ranks are {ranking.critical_difference:.2f} apart (Nemenyi)"
    if ranking.critical_difference > len(ranking.methods) - 1:
        apart += f", which {n_corpora} corpora cannot show"
    return f"Mean ranks over {n_corpora} corpora, whatever the price: {order}. {apart}.{friedman}"
