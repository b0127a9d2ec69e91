"""Where things stand in the pictures of a page: numbers only, the templates draw them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sabench.leaderboard.board import Across, AcrossRow, RankedTable, Row, price_order

SHOWN = 12
"""Pictures show so many methods at most."""
_LINE = 26.0


@dataclass(frozen=True)
class Scale:
    """A linear axis from fractions to places in a picture.

    >>> Scale(0.2, 0.8, 0, 120).at(0.5)
    60.0
    """

    low: float
    high: float
    start: float
    end: float
    most: float = 6.5

    @classmethod
    def around(
        cls, values: Iterable[float], start: float, end: float, *, step: float = 0.1, most: float = 6.5
    ) -> Scale:
        """Return an axis that holds all values and begins and ends at whole steps, with `most` ticks or so."""
        known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = math.floor(min(known) / step + 1e-9) * step, math.ceil(max(known) / step - 1e-9) * step
        return cls(low, high if high > low else low + step, start, end, most)

    def at(self, value: float) -> float:
        """Return the place of a value, held inside the axis."""
        part = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places and percents of a handful of round values."""
        span = self.high - self.low
        step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, math.inf) if span / step < self.most)
        if step == math.inf:
            return [(self.at(self.low), f"{100 * self.low:.0f}"), (self.at(self.high), f"{100 * self.high:.0f}")]
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(self.at(i * step), f"{100 * i * step:.0f}") for i in range(first, last + 1)]


def interval_scale(table: RankedTable) -> Scale:
    """Return the axis of a table's interval bars, chance included."""
    ends = [end for row in (*table.rows, *table.draws, *table.contaminated) for end in (row.low, row.high, row.uar)]
    return Scale.around([*ends, table.chance], 2, 158, most=4.5)


@dataclass(frozen=True)
class Dot:
    """A marked place with the words that a pointer finds there."""

    x: float
    y: float
    words: str
    group: str = ""


@dataclass(frozen=True)
class Strip:
    """UARs of all speakers under one method, as dots on a line."""

    method: str
    group: str
    y: float
    dots: tuple[Dot, ...]
    mean: float


@dataclass(frozen=True)
class Strips:
    """All methods of a table over one axis."""

    strips: tuple[Strip, ...]
    scale: Scale
    height: float


def strips(table: RankedTable) -> Strips:
    """Return the picture of UAR per speaker."""
    rows = table.rows[:SHOWN]
    scale = Scale.around([0.0, 1.0], 10, 350)
    drawn = [_strip(row, 30 + i * (_LINE + 8), scale) for i, row in enumerate(rows)]
    return Strips(tuple(drawn), scale, 30 + len(rows) * (_LINE + 8))


def _strip(row: Row, y: float, scale: Scale) -> Strip:
    dots = [Dot(scale.at(uar), y, f"{name}: {100 * uar:.1f}") for name, uar in row.speakers.items()]
    mean = sum(row.speakers.values()) / max(1, len(row.speakers))
    return Strip(row.method, row.group, y, tuple(dots), scale.at(mean))


@dataclass(frozen=True)
class DrawnGain:
    """A method's gain with its interval."""

    method: str
    group: str
    x: float
    y: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Gains:
    """DrawnGain over the baseline, below each other by rising price; the price classes are not to scale.

    Attributes:
        gains: one a method.
        prices: place, words and access group of each price.
    """

    gains: tuple[DrawnGain, ...]
    prices: tuple[tuple[float, str, str], ...]
    scale: Scale
    height: float


def gains(table: RankedTable) -> Gains | None:
    """Return the picture of gain against price; None where nothing is held against a baseline."""
    held = [(row, row.difference) for row in table.rows if row.difference][:SHOWN]
    if not held:
        return None
    held.sort(key=lambda pair: (price_order(pair[0].group, pair[0].access), -pair[1].effect))
    scale = Scale.around([end for _, d in held for end in (d.low, d.high, 0.0)], 10, 350, step=0.05)
    drawn: list[DrawnGain] = []
    prices: list[tuple[float, str, str]] = []
    y = 0.0
    for row, d in held:
        if not prices or prices[-1][1] != row.access:
            y += 20
            prices.append((y, row.access, row.group))
        y += _LINE + 4
        drawn.append(
            DrawnGain(row.method, row.group, scale.at(d.effect), y, scale.at(d.low), scale.at(d.high), d.sentence)
        )
    return Gains(tuple(drawn), tuple(prices), scale, y + 14)


@dataclass(frozen=True)
class MeanGain:
    """A method's mean gain over corpora, and its gain on each."""

    method: str
    group: str
    x: float
    y: float
    low: float
    high: float
    words: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class MeanGains:
    """All methods that are held against a baseline on several corpora, over one axis."""

    gains: tuple[MeanGain, ...]
    scale: Scale
    height: float


def corpora(across: Across) -> MeanGains | None:
    """Return the picture of gains on each corpus; the axis holds these, and cuts the intervals of their mean."""
    held = [row for row in across.rows if row.verdict][:SHOWN]
    if not held:
        return None
    scale = Scale.around([0.0, *(one.effect for row in held for one in row.corpora)], 10, 350, step=0.05)
    drawn = [_mean_gain(row, 30 + i * (_LINE + 8), scale) for i, row in enumerate(held)]
    return MeanGains(tuple(drawn), scale, 30 + len(held) * (_LINE + 8) - 10)


def _mean_gain(row: AcrossRow, y: float, scale: Scale) -> MeanGain:
    dots = tuple(Dot(scale.at(one.effect), y, f"{one.dataset}: {100 * one.effect:+.1f}") for one in row.corpora)
    low, x, high = (scale.at(value) for value in (row.low, row.effect, row.high))
    return MeanGain(row.method, row.group, x, y, low, high, row.sentence, dots)


@dataclass(frozen=True)
class Square:
    """One cell of a confusion matrix."""

    x: float
    y: float
    part: float
    words: str


@dataclass(frozen=True)
class ClassName:
    """A class at its column and its row."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class DrawnConfusion:
    """The confusion matrix of one method; rows are true classes.

    Attributes:
        method: whose.
        squares: all cells, row by row.
        labels: names of classes, spelt out.
        size: of a cell.
        left, top: room for names; over columns these are slanted where a column is narrower than its name.
        width, height: of the picture.
    """

    method: str
    squares: tuple[Square, ...]
    labels: tuple[ClassName, ...]
    size: float
    left: float
    top: float
    slanted: bool
    width: float
    height: float


_MATRIX = 160
_LETTER = 5.3
"""Width of a letter in the margin, on average."""
_SLOPE = math.sqrt(0.5)


def matrices(table: RankedTable) -> list[DrawnConfusion]:
    """Return the confusion matrices of the first methods."""
    return [_matrix(row, table.classes) for row in table.rows[:SHOWN]]


def _matrix(row: Row, classes: Sequence[str]) -> DrawnConfusion:
    cell = _MATRIX / len(classes)
    longest = _LETTER * max(map(len, classes))
    slanted = longest > cell
    left, slope = round(longest + 8, 1), round(_SLOPE * longest, 1)
    top = slope + 10 if slanted else 18
    places = [round((i + 0.5) * cell, 1) for i in range(len(classes))]
    return DrawnConfusion(
        method=row.method,
        squares=_squares(row, classes, left, top, cell),
        labels=tuple(ClassName(name, left + at, top + at) for name, at in zip(classes, places, strict=True)),
        size=round(cell, 1),
        left=left,
        top=top,
        slanted=slanted,
        width=round(left + _MATRIX + (max(0, slope - cell / 2) if slanted else 0) + 4, 1),
        height=round(top + _MATRIX + 4, 1),
    )


def _squares(row: Row, classes: Sequence[str], left: float, top: float, cell: float) -> tuple[Square, ...]:
    return tuple(
        Square(
            round(left + j * cell, 1),
            round(top + i * cell, 1),
            part,
            f"{classes[i]} taken for {classes[j]}: {100 * part:.1f} %"
            if i != j
            else f"{classes[i]}: {100 * part:.1f} %",
        )
        for i, line in enumerate(row.confusion)
        for j, part in enumerate(line)
    )
