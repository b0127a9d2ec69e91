"""How many utterances of which class each speaker has: whole numbers whose margins are met exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sabench import DatasetError


@dataclass(frozen=True)
class Allocation:
    """Utterances per speaker and class.

    Attributes:
        speakers: names of the rows.
        classes: names of the columns.
        counts: shape `(n_speakers, n_classes)`, int64.
    """

    speakers: tuple[str, ...]
    classes: tuple[str, ...]
    counts: np.ndarray

    def of(self, speaker: str) -> dict[str, int]:
        """Return the counts of one speaker by class."""
        row = self.counts[self.speakers.index(speaker)]
        return {name: int(count) for name, count in zip(self.classes, row, strict=True)}

    @property
    def per_class(self) -> dict[str, int]:
        """Counts over all speakers."""
        return {name: int(count) for name, count in zip(self.classes, self.counts.sum(axis=0), strict=True)}


def share(total: int, weights: Sequence[float] | np.ndarray, at_least: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return whole numbers that sum to `total`, proportional to `weights` by largest remainder.

    No part falls below its minimum; where the minima ask for more than `total`, their sum is the total.

    >>> share(10, [5, 3, 1], [0, 0, 2]).tolist(), share(7, [1, 1, 1], [0, 0, 0]).tolist()
    ([5, 3, 2], [3, 2, 2])
    """
    weight, least = np.asarray(weights, dtype=np.float64), np.asarray(at_least, dtype=np.int64)
    total = max(total, int(least.sum()))
    held = np.zeros(len(weight), dtype=bool)
    while True:
        free = total - least[held].sum()
        quota = np.where(held, least, weight * free / max(weight[~held].sum(), 1e-12))
        below = ~held & (quota < least)
        if not below.any():
            break
        held |= below
    parts = np.maximum(np.floor(quota + 1e-9).astype(np.int64), least)
    order = np.argsort(parts - quota, kind="stable")
    parts[order[: total - parts.sum()]] += 1
    return parts


def table(rows: np.ndarray, columns: np.ndarray, at_least: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the whole-number table nearest to the proportional one, with exactly these margins.

    The proportional table comes from iterative proportional fitting of the weights. Rounding it
    is a transportation problem, whose vertices are whole numbers.

    Args:
        rows: row sums.
        columns: column sums, of the same total.
        at_least: minimum of every cell.
        weights: how much a row is given to a column; zero cells stay zero; None for all alike.

    Raises:
        DatasetError: no such table exists.

    >>> table(np.array([4, 2]), np.array([3, 3]), np.ones((2, 2), dtype=int)).tolist()
    [[2, 2], [1, 1]]
    """
    given = np.ones(at_least.shape) if weights is None else weights
    wanted = _proportional(rows, columns, given)
    return _round(wanted, rows, columns, at_least, given > 0)


def _proportional(rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    fitted = weights.astype(np.float64)
    for _ in range(200):
        fitted *= (rows / np.maximum(fitted.sum(axis=1), 1e-12))[:, None]
        fitted *= columns / np.maximum(fitted.sum(axis=0), 1e-12)
    return fitted


def _round(
    wanted: np.ndarray, rows: np.ndarray, columns: np.ndarray, at_least: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    from scipy.optimize import linprog

    n_rows, n_columns = wanted.shape
    floor = np.where(mask, np.maximum(np.floor(wanted + 1e-9), at_least), 0.0)
    fraction = np.where(mask, wanted - floor, 0.0).ravel()
    sums = np.vstack([np.kron(np.eye(n_rows), np.ones(n_columns)), np.kron(np.ones(n_rows), np.eye(n_columns))])
    missing = np.concatenate([rows - floor.sum(axis=1), columns - floor.sum(axis=0)])
    # One unit up costs least where the fraction is large; going further, or below the floor, costs more.
    cost = np.concatenate([1 - 2 * fraction, np.full(fraction.size, 4.0), np.full(fraction.size, 4.0)])
    open_cells = mask.ravel().astype(np.float64)
    upper = np.concatenate([open_cells, open_cells * rows.sum(), (floor - at_least * mask).ravel()])
    solution = linprog(
        cost,
        A_eq=np.hstack([sums, sums, -sums]),
        b_eq=missing,
        bounds=np.stack([np.zeros(upper.size), upper], axis=1),
        method="highs-ds",
    )
    if solution.status != 0:
        msg = (
            f"No table of counts has row sums {rows.tolist()} and column sums {columns.tolist()}; take a larger scale."
        )
        raise DatasetError(msg)
    up, more, down = np.split(solution.x, 3)
    return np.rint(floor.ravel() + up + more - down).astype(np.int64).reshape(wanted.shape)


def scaled(total: int, scale: float) -> int:
    """Return the share of a corpus that a scale asks for.

    Raises:
        DatasetError: the scale is not in (0, 1].
    """
    if not 0 < scale <= 1:
        msg = f"The scale of a twin is {scale!r}; expected a number above 0 and at most 1, such as 0.05."
        raise DatasetError(msg)
    return round(total * scale)


def neutral_minimum(n_neutral: int, n_speakers: int) -> int:
    """Return how many neutral utterances every speaker gets at least: two, or one where counts allow no more."""
    return int(np.clip(n_neutral // n_speakers, 1, 2))
