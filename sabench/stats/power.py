"""How large a difference a comparison could have found."""

from __future__ import annotations

import numpy as np

POWER = 0.8
"""Of so many in one comparisons a difference of the size named is found (Cohen 1988)."""


def detectable(variance: float, df: float, alpha: float, *, power: float = POWER) -> float:
    """Return the true difference that a two-sided t test finds with a given probability.

    The sign-flip test comes close to it. NaN where there is no spread to judge by.

    Args:
        variance: of the difference, from the spread seen.
        df: degrees of freedom of that variance.
        alpha: level of the test.
        power: probability of finding the difference.

    >>> round(detectable(0.02**2, 9.0, 0.05), 4)  # 3.15 standard errors
    0.063
    """
    from scipy.special import nctdtrinc, stdtrit

    if not variance > 0 or df < 1:
        return float("nan")
    return float(nctdtrinc(df, 1 - power, stdtrit(df, 1 - alpha / 2)) * np.sqrt(variance))
