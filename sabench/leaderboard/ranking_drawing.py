"""Where things stand in the picture of mean ranks: an axis of ranks, a name to each side, bars over what is alike."""

from __future__ import annotations

from dataclasses import dataclass

from sabench.leaderboard.board import Ranking
from sabench.leaderboard.drawing import Scale

WIDTH = 560
_LEFT, _RIGHT = 190.0, 370.0
_AXIS = 44.0
_BAR = 7.0
_LINE = 20.0


@dataclass(frozen=True)
class Name:
    """A method with the line from its rank on the axis down and out to its name."""

    method: str
    group: str
    x: float
    y: float
    end: float
    text: float
    anchor: str
    words: str


@dataclass(frozen=True)
class Bar:
    """A line over methods that do not differ, or the critical difference."""

    start: float
    end: float
    y: float


@dataclass(frozen=True)
class RankPicture:
    """The picture of Demšar (2006), with the best ranks on the left.

    Attributes:
        axis: height of the axis.
        ticks: place and number of each rank.
        names: of methods, the better half on the left.
        bars: one for each group that does not differ.
        critical: the critical difference, drawn no longer than the axis.
        longer: whether it is longer than the axis: then no two methods can differ.
    """

    axis: float
    ticks: tuple[tuple[float, int], ...]
    names: tuple[Name, ...]
    bars: tuple[Bar, ...]
    critical: Bar
    longer: bool
    height: float


def rank_picture(ranking: Ranking) -> RankPicture:
    """Return the picture of mean ranks."""
    k = len(ranking.methods)
    scale = Scale(1, k, _LEFT, _RIGHT)
    xs = [scale.at(rank) for rank in ranking.ranks]
    bars = tuple(
        Bar(xs[group[0]] - 3, xs[group[-1]] + 3, _AXIS + 8 + _BAR * i) for i, group in enumerate(ranking.alike)
    )
    below = _AXIS + 14 + _BAR * len(bars)
    left = (k + 1) // 2
    names = tuple(
        _name(ranking, i, xs[i], below + _LINE * (1 + (i if i < left else k - 1 - i)), left) for i in range(k)
    )
    longer = ranking.critical_difference > k - 1
    end = _RIGHT if longer else scale.at(1 + ranking.critical_difference)
    ticks = tuple((scale.at(rank), rank) for rank in range(1, k + 1))
    return RankPicture(_AXIS, ticks, names, bars, Bar(_LEFT, end, 16), longer, below + _LINE * (left + 0.6))


def _name(ranking: Ranking, i: int, x: float, y: float, left: int) -> Name:
    on_left = i < left
    words = f"{ranking.methods[i]}: mean rank {ranking.ranks[i]:.2f}"
    end, text, anchor = (_LEFT - 12, _LEFT - 16, "end") if on_left else (_RIGHT + 12, _RIGHT + 16, "start")
    return Name(ranking.methods[i], ranking.groups[i], x, y, end, text, anchor, words)
