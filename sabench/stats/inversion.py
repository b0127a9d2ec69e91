"""The interval of a difference, made of the test itself: it holds every difference that the test does not reject.

To test for a difference of `d`, `d` times a speaker's part of the score is taken off that speaker's share,
and what remains is flipped. A flip then reaches the observed sum exactly where the speakers that it
reverses have a difference of `d` or less together, so that the ends are values of subsets of speakers
(Hartigan 1969, "Using subsample values as typical values"). The level is exact where what remains of each
speaker spreads evenly to both sides, however unlike the speakers' sizes and spreads are.
"""

from __future__ import annotations

import numpy as np

from sabench.stats.permutation import DRAWS, EXACT, drawn_flips, sign_flip, smallest_p

_HALVINGS = 26


def accepted(shares: np.ndarray, parts: np.ndarray, alpha: float) -> tuple[float, float]:
    """Return the smallest and the largest difference that the sign-flip test at a level does not reject.

    Infinite where so few speakers can reject nothing; else right to a millionth of a point.

    Args:
        shares: each speaker's share in the difference of two methods, shape `(n_speakers,)`.
        parts: each speaker's part of the score, shape `(n_speakers,)`, positive, summing to one.
        alpha: level of the two-sided test.

    >>> low, high = accepted(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) / 6, np.full(6, 1 / 6), 0.05)
    >>> round(low, 6), round(high, 6)  # the smallest p of six speakers is 0.03: all must be on one side
    (1.0, 6.0)
    """
    n = len(shares)
    if smallest_p(n) > alpha:
        return -np.inf, np.inf
    if n > EXACT:
        return _ends_of_drawn(shares, parts, alpha)
    return _lowest(shares, parts, alpha), -_lowest(-shares, parts, alpha)


def _lowest(shares: np.ndarray, parts: np.ndarray, alpha: float) -> float:
    """Halve the way between the worst speaker, whose difference no more is accepted, and the estimate, which is."""
    outside, inside = float((shares / parts).min()), float(shares.sum() / parts.sum())
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if sign_flip((shares - middle * parts)[None])[0] > alpha:
            inside = middle
        else:
            outside = middle
    return inside


def _ends_of_drawn(shares: np.ndarray, parts: np.ndarray, alpha: float) -> tuple[float, float]:
    """Return the values of subsets of speakers from which on enough of the drawn flips are in the tail.

    Those that a flip reverses and those that it leaves are two such subsets. All flips reach an empty one.
    """
    columns = np.column_stack([shares, parts, np.ones(len(shares))])
    reversed_ = (drawn_flips(len(shares)) < 0).astype(float) @ columns
    both = np.stack([reversed_, columns.sum(axis=0) - reversed_])
    empty = both[..., 2] == 0
    values = both[..., 0] / np.where(empty, 1.0, both[..., 1])
    low = np.where(empty, -np.inf, values).min(axis=0)
    high = np.where(empty, np.inf, values).max(axis=0)
    needed = int(np.floor(alpha * (DRAWS + 1) + 1e-9))
    return float(np.partition(low, needed - 1)[needed - 1]), float(np.partition(high, -needed)[-needed])
