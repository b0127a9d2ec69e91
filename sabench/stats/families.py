"""Holm's correction of p values for their family (1979), which needs no independence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ALPHA = 0.05
"""Level of all tests, of a whole family where there is one."""


def holm(p: npt.ArrayLike) -> np.ndarray:
    """Return p values corrected for their family by the step-down method.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * _steps(len(values))))
    return corrected


def repeats(p: npt.ArrayLike) -> np.ndarray:
    """Return for each p value into how many parts the level is divided when it is tested.

    The smallest is tested at the level over the size of the family, the next at that over one less, and so on to
    the first that is not significant; all that are larger stand there too. So a corrected p is at most `ALPHA`
    exactly where the p value is at most `ALPHA` over this number.

    >>> repeats([0.01, 0.04, 0.03]).tolist()
    [3, 2, 2]
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    steps = _steps(len(values))
    kept = np.flatnonzero(values[order] * steps > ALPHA)
    if len(kept):
        steps = np.maximum(steps, steps[kept[0]])
    times = np.empty(len(values), dtype=int)
    times[order] = steps
    return times


def _steps(n: int) -> np.ndarray:
    return np.arange(n, 0, -1)
