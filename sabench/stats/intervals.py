"""Intervals by speaker: Student's t, with degrees of freedom that are right for few speakers.

Each end of a score's interval is the outer one of two, made on the plain and on the logit scale: near
the ceiling speakers spread downwards only, and the plain interval of ten speakers holds the truth in 90
of 100 cases instead of 95, missing it below (benchmarks/coverage.py). A difference needs no such care.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sabench.stats.sample import Sample

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A value with its confidence interval, as fractions; NaN ends where one speaker tells nothing of spread."""

    value: float
    low: float
    high: float


def interval(sample: Sample, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the score of a method with its interval, over speakers and, where one model serves several, seeds.

    Where every speaker has a model of their own, the variance between seeds is in the spread over speakers.
    """
    parts = [(float((sample.influence**2).sum()), sample.df)]
    if sample.shared and sample.n_seeds > 1:
        parts.append((sample.seed_variance / sample.n_seeds, sample.n_seeds - 1))
    value = sample.value
    slope = value * (1 - value)
    plain = interval_of(value, parts, confidence=confidence)
    if slope < 1e-9 or np.isnan(plain.low):
        return plain
    scaled = [(variance / slope**2, df) for variance, df in parts]
    of_logit = interval_of(float(np.log(value / (1 - value))), scaled, confidence=confidence)
    return Interval(
        value, max(0.0, min(plain.low, _fraction(of_logit.low))), min(1.0, max(plain.high, _fraction(of_logit.high)))
    )


def _fraction(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def interval_of(value: float, parts: list[tuple[float, float]], *, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of a value whose variance has independent parts, each `(variance, degrees of freedom)`.

    >>> round(interval_of(0.5, [(0.01, 9.0)]).high, 3)  # t of 9 degrees of freedom is 2.262
    0.726
    """
    from scipy.special import stdtrit

    variance, df = combined(np.array([part[0] for part in parts]), np.array([part[1] for part in parts]))
    if df < 1:
        return Interval(value, float("nan"), float("nan"))
    half = float(stdtrit(df, 0.5 + confidence / 2) * np.sqrt(variance))
    return Interval(value, value - half, value + half)


def combined(variances: np.ndarray, dfs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of independent variances and its degrees of freedom (Welch 1947, Satterthwaite 1946).

    The parts run along the first axis.
    """
    total = variances.sum(axis=0)
    against = (variances**2 / np.maximum(dfs, 1e-9)).sum(axis=0)
    df = np.where(against > 0, total**2 / np.where(against > 0, against, 1), dfs[0])
    return total, df
