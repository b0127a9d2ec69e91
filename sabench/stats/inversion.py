"""The interval of a difference, made of the test itself: it holds every difference that the test does not reject.

To test for a difference of `d`, `d` times a speaker's part of the score is taken off that speaker's share,
and what remains is flipped. A flip then reaches the observed sum exactly where the speakers that it
reverses have a difference of `d` or less together, so that the ends are values of subsets of speakers
(Hartigan 1969, "Using subsample values as typical values"). The level is exact where what remains of each
speaker spreads evenly to both sides, however unlike the speakers' sizes and spreads are.
"""

from __future__ import annotations

from collections.abc import Callable

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
    if smallest_p(len(shares)) > alpha:
        return -np.inf, np.inf
    lowest = _lowest_of_drawn if len(shares) > EXACT else _lowest_of_all
    return lowest(shares, parts, alpha), -lowest(-shares, parts, alpha)


def _lowest_of_all(shares: np.ndarray, parts: np.ndarray, alpha: float) -> float:
    """Halve the way between the worst speaker, whose difference no more is accepted, and the estimate, which is."""
    outside, inside = float((shares / parts).min()), float(shares.sum() / parts.sum())
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if sign_flip((shares - middle * parts)[None])[0] > alpha:
            inside = middle
        else:
            outside = middle
    return inside


def _lowest_of_drawn(shares: np.ndarray, parts: np.ndarray, alpha: float) -> float:
    """Return the value of the subset of speakers from which on enough of the drawn flips are in the tail."""
    needed = int(np.floor(alpha * (DRAWS + 1) + 1e-9))
    of_flipped = _ratio(shares, parts, lambda flips: flips < 0)
    of_others = _ratio(shares, parts, lambda flips: flips > 0)
    return float(np.partition(np.minimum(of_flipped, of_others), needed - 1)[needed - 1])


def _ratio(shares: np.ndarray, parts: np.ndarray, chosen: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the difference of each drawn subset of speakers; minus infinity if empty, as all flips reach it."""
    members = chosen(drawn_flips(len(shares))).astype(float)
    size = members @ parts
    return np.where(size > 0, members @ shares / np.where(size > 0, size, 1.0), -np.inf)
