"""One effect measured on several corpora, which are a sample of corpora: random effects.

The effect differs from corpus to corpus; the mean over all corpora of their kind is asked for. The variance
between corpora is estimated after Paule and Mandel (1982), by statsmodels. The interval is that of Hartung and
Knapp (2001) and of Sidik and Jonkman (2002), from Student's t with one degree of freedom less than there are corpora,
with the modification that never makes it narrower than the corpora's own errors do: with few corpora of unequal
size the plain form claims too much (Röver, Knapp, Friede 2015, "Hartung-Knapp-Sidik-Jonkman approach and its
modification for random-effects meta-analysis with few studies").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sabench.stats.families import ALPHA, holm, repeats
from sabench.stats.intervals import Interval, interval_of
from sabench.stats.power import detectable

_LEAST_ERROR = 1e-4
"""A corpus on which two methods agree in everything still has an error: a hundredth of a point."""


@dataclass(frozen=True)
class Effects:
    """The effect on each corpus, with its standard error over speakers."""

    values: Sequence[float]
    errors: Sequence[float]


@dataclass(frozen=True)
class Combined:
    """The mean effect over corpora.

    Attributes:
        effect: with its interval, as wide as the level at which Holm's method tests it.
        confidence: of that interval.
        p: of no effect, before correction.
        p_corrected: by Holm over the `family` of all that are combined together.
        family: number of these.
        between: standard deviation of the effect between corpora.
        detectable: true mean effect that so many corpora find with a probability of 0.8, given the spread seen.
        n: number of corpora.
    """

    effect: Interval
    confidence: float
    p: float
    p_corrected: float
    family: int
    between: float
    detectable: float
    n: int

    @property
    def rejected(self) -> bool:
        """Whether no effect is rejected."""
        return self.p_corrected <= ALPHA


def combine(family: Sequence[Effects]) -> list[Combined]:
    """Return the mean of each of several effects over two corpora or more, corrected for each other.

    Raises:
        ValueError: an effect was measured on one corpus only.
    """
    from scipy.special import stdtr

    means = [_mean(one) for one in family]
    p = [float(2 * stdtr(m.df, -abs(m.value) / np.sqrt(m.variance))) for m in means]
    parts = zip(means, p, holm(p).tolist(), repeats(p).tolist(), strict=True)
    return [_combined(mean, alone, corrected, times, len(means)) for mean, alone, corrected, times in parts]


@dataclass(frozen=True)
class _Mean:
    value: float
    variance: float
    df: float
    between: float


def _mean(effects: Effects) -> _Mean:
    from statsmodels.stats.meta_analysis import combine_effects

    values, errors = np.asarray(effects.values, dtype=float), np.asarray(effects.errors, dtype=float)
    if len(values) < 2:
        msg = f"{len(values)} corpus came; combining takes two or more."
        raise ValueError(msg)
    with np.errstate(divide="ignore", invalid="ignore"):  # statsmodels divides by Q, which is 0 for equal effects
        combined_effects = combine_effects(values, np.maximum(errors, _LEAST_ERROR) ** 2, method_re="iterated")
    variance = max(float(combined_effects.var_hksj_re), float(combined_effects.var_eff_w_re))
    return _Mean(
        float(combined_effects.mean_effect_re), variance, float(len(values) - 1), float(np.sqrt(combined_effects.tau2))
    )


def _combined(mean: _Mean, p: float, p_corrected: float, times: int, family: int) -> Combined:
    alpha = ALPHA / times
    return Combined(
        effect=interval_of(mean.value, [(mean.variance, mean.df)], confidence=1 - alpha),
        confidence=1 - alpha,
        p=p,
        p_corrected=p_corrected,
        family=family,
        between=mean.between,
        detectable=detectable(mean.variance, mean.df, alpha),
        n=int(mean.df) + 1,
    )
