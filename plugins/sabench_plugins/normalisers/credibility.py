"""How far a speaker's own statistics are believed: the more training speakers differ, the sooner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNKNOWN_WEIGHT = 1.0
"""Weight of the training speakers, in observations, where training tells nothing of it [guess]."""


@dataclass(frozen=True)
class Credibility:
    """What training speakers say about some quantity of a new one, such as the mean of a feature.

    A speaker of whom n observations are known is estimated by (n * own mean + weight * prior mean) / (n + weight).
    With the weight v / t, where v is the variance of observations within a speaker and t that between the means of
    speakers, this is the linear estimate of least squared error (Buhlmann, "Experience rating and credibility", ASTIN
    Bulletin 4(3), 1967, doi 10.1017/S0515036100008989). It assumes no distribution and has no constant to tune.

    Attributes:
        mean: of the speakers' means, shape `(width,)`.
        weight: observations that this mean is worth, shape `(width,)`; infinite where speakers do not differ.
    """

    mean: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, speakers: Sequence[np.ndarray]) -> Credibility:
        """Return the estimate from the observations of each training speaker, arrays of shape `(n, width)`.

        Variances are those of a one-way analysis of variance for groups of unequal size (Searle, Casella and
        McCulloch, "Variance components", 1992); a negative one counts as zero.

        >>> credibility = Credibility.of([np.array([[0.0], [2.0]]), np.array([[10.0], [12.0]])])
        >>> credibility.mean.tolist(), credibility.weight.round(4).tolist()  # within 2; between (100 - 2) / 2 = 49
        ([6.0], [0.0408])
        """
        sizes = np.array([len(own) for own in speakers], dtype=np.float64)
        means = np.array([own.mean(axis=0) for own in speakers])
        n, groups = sizes.sum(), len(sizes)
        mean = means.mean(axis=0)
        if groups < 2 or n == groups:
            return cls(mean, np.full(mean.shape, UNKNOWN_WEIGHT))
        squares = sum((((own - own.mean(axis=0)) ** 2).sum(axis=0) for own in speakers), np.zeros(mean.shape))
        within = squares / (n - groups)
        around = sizes[:, None] * (means - np.average(means, axis=0, weights=sizes)) ** 2
        size = (n - (sizes**2).sum() / n) / (groups - 1)
        between = np.maximum(around.sum(axis=0) / (groups - 1) - within, 0.0) / size
        return cls(mean, _ratio(within, between))

    def drawn(self, total: np.ndarray, n: float) -> np.ndarray:
        """Return the estimate for a speaker from the sum of `n` observations.

        >>> Credibility(np.array([6.0]), np.array([2.0])).drawn(np.array([20.0]), 2).tolist()  # own mean 10
        [8.0]
        >>> Credibility(np.array([6.0]), np.array([np.inf])).drawn(np.array([20.0]), 2).tolist()
        [6.0]
        """
        if n <= 0:
            return self.mean
        own_share = n / (n + self.weight)
        return own_share * total / n + (1 - own_share) * self.mean


def _ratio(within: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Return within / between: infinite where speakers do not differ, `UNKNOWN_WEIGHT` where nothing varies at all."""
    weight = np.full(within.shape, np.inf)
    np.divide(within, between, out=weight, where=between > 0)
    return np.where((within == 0) & (between == 0), UNKNOWN_WEIGHT, weight)
