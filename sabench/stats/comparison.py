"""One method against another: effect, interval, and significance over speakers and, where needed, seeds.

Interval and test are one: a difference of zero is outside of the interval exactly where the test finds a
difference. The same holds after correction for a family, whose intervals are as wide as the level at
which Holm's method tests each of its comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sabench.errors import ResultsError
from sabench.stats.families import ALPHA, holm, repeats
from sabench.stats.intervals import Interval, combined, interval_of
from sabench.stats.inversion import accepted
from sabench.stats.permutation import EXACT, sign_flip, smallest_p
from sabench.stats.power import detectable
from sabench.stats.sample import Sample

MIN_SEEDS = 5
"""Seeds that a stochastic method needs where one trained model serves several speakers."""


@dataclass(frozen=True)
class Comparison:
    """What the test speakers say about two methods.

    Attributes:
        effect: first minus second score; the interval holds every difference that is not rejected.
        confidence: of that interval, 0.95 where the comparison stands alone.
        p: of the claim about the methods, before correction: the largest of the p values that it needs.
        p_corrected: by Holm over the family; equal to `p` where the comparison stands alone.
        family: number of comparisons that p was corrected for.
        p_speakers: paired permutation over speakers.
        p_seeds: Welch's t over seeds; None where seeds play no part of their own.
        p_both: t over speakers and seeds together, likewise.
        standard_error: of the difference over speakers and, where they count, seeds.
        detectable: true difference that such a comparison finds with a probability of 0.8, given the spread
            seen; NaN where so few speakers find none, or where there is no spread.
        smallest_p: the smallest that so many speakers can give, before correction.
        exact: whether all permutations were counted.
        n_speakers: number of speakers compared.
        n_seeds: seeds of the first and the second.
        about_methods: whether the design can tell methods apart; where not, a small p says only that
            these trained models differ.
    """

    effect: Interval
    confidence: float
    p: float
    p_corrected: float
    family: int
    p_speakers: float
    p_seeds: float | None
    p_both: float | None
    standard_error: float
    detectable: float
    smallest_p: float
    exact: bool
    n_speakers: int
    n_seeds: tuple[int, int]
    about_methods: bool

    @property
    def decidable(self) -> bool:
        """Whether so many speakers can give a significant p at all."""
        return bool(np.isfinite(self.effect.high - self.effect.low))

    @property
    def rejected(self) -> bool:
        """Whether a difference of zero is rejected, be it one of methods or of trained models only."""
        return self.p_corrected <= ALPHA

    @property
    def significant(self) -> bool:
        """Whether the methods differ."""
        return self.about_methods and self.rejected


@dataclass(frozen=True)
class Pairs:
    """Many comparisons as arrays, `first` and `second` the positions of the samples."""

    first: np.ndarray
    second: np.ndarray
    effect: np.ndarray
    p: np.ndarray
    about_methods: np.ndarray


def compare(first: Sample, second: Sample, *, min_seeds: int = MIN_SEEDS) -> Comparison:
    """Return the comparison of two methods over the same utterances, corrected for no other.

    Seeds of each are averaged. Where every speaker has a trained model of their own, the test over
    speakers decides. Where one model serves several speakers, the variance between its seeds looks like
    an effect on all of them: then the difference must stand out over speakers, over seeds, and over both
    together, from at least `min_seeds` seeds of each stochastic method.

    Raises:
        ResultsError: the two were not scored on the same speakers.
    """
    return compare_family([(first, second)], min_seeds=min_seeds)[0]


def compare_family(pairs: Sequence[tuple[Sample, Sample]], *, min_seeds: int = MIN_SEEDS) -> list[Comparison]:
    """Return comparisons that are corrected for each other by Holm's method; see `compare`.

    Raises:
        ResultsError: the two of a pair were not scored on the same speakers.
    """
    measured_pairs = [_Pair.of(first, second, min_seeds) for first, second in pairs]
    p = [pair.p for pair in measured_pairs]
    parts = zip(measured_pairs, holm(p).tolist(), repeats(p).tolist(), strict=True)
    return [pair.comparison(corrected, times, len(measured_pairs)) for pair, corrected, times in parts]


def compare_all(samples: Sequence[Sample], *, min_seeds: int = MIN_SEEDS) -> Pairs:
    """Return all pairs; p values that are clearly above 0.05 are rough (see `sign_flip`)."""
    first, second = np.triu_indices(len(samples), k=1)
    if not len(first):
        return Pairs(first, second, np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool))
    table = _Table.of(samples, min_seeds)
    p = np.concatenate([table.p(i, j) for i, j in _chunks(first, second)])
    value = np.array([sample.value for sample in samples])
    enough = table.enough_seeds
    return Pairs(first, second, value[first] - value[second], p, enough[first] & enough[second])


def _chunks(first: np.ndarray, second: np.ndarray, size: int = 20_000) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(first[i : i + size], second[i : i + size]) for i in range(0, len(first), size)]


@dataclass(frozen=True)
class _Pair:
    """Two samples, and the p values of their difference."""

    first: Sample
    second: Sample
    speakers: tuple[float, float]
    seeds: list[tuple[float, float]]
    p_speakers: float
    p_seeds: float | None
    p_both: float | None
    about_methods: bool

    @classmethod
    def of(cls, first: Sample, second: Sample, min_seeds: int) -> _Pair:
        table = _Table.of([first, second], min_seeds)
        at = np.array([0]), np.array([1])
        about_methods = bool(table.enough_seeds.all())
        judged = about_methods and bool(table.seed_counts.any())
        return cls(
            first,
            second,
            speakers=(float(table.speaker_var(*at)[0]), table.df),
            seeds=list(zip(table.seed_var.tolist(), table.seed_df.tolist(), strict=True)) if judged else [],
            p_speakers=float(sign_flip(table.shares[:1] - table.shares[1:])[0]),
            p_seeds=float(table.p_seeds(*at)[0]) if judged else None,
            p_both=float(table.p_both(*at)[0]) if judged else None,
            about_methods=about_methods,
        )

    @property
    def p(self) -> float:
        return max(self.p_speakers, self.p_seeds or 0.0, self.p_both or 0.0)

    def comparison(self, p_corrected: float, times: float, family: int) -> Comparison:
        """Return the comparison, tested at the `times`-th part of the level."""
        n = len(self.first.units)
        alpha = ALPHA / times
        compared = Comparison(
            effect=self.interval(alpha),
            confidence=1 - alpha,
            p=self.p,
            p_corrected=p_corrected,
            family=family,
            p_speakers=self.p_speakers,
            p_seeds=self.p_seeds,
            p_both=self.p_both,
            standard_error=float(np.sqrt(self.variance[0])),
            detectable=self.detectable(alpha),
            smallest_p=smallest_p(n),
            exact=n <= EXACT,
            n_speakers=n,
            n_seeds=(self.first.n_seeds, self.second.n_seeds),
            about_methods=self.about_methods,
        )
        return compared if compared.rejected else replace(compared, effect=_with_zero(compared.effect))

    def interval(self, alpha: float) -> Interval:
        """Return the differences that one of the tests, at least, does not reject."""
        value = self.first.value - self.second.value
        ends = [accepted(self.first.shares - self.second.shares, self.first.parts, alpha)]
        if self.seeds:
            by_t = [interval_of(value, parts, confidence=1 - alpha) for parts in (self.seeds, self.variances)]
            ends += [(one.low, one.high) for one in by_t]
        return Interval(value, min(low for low, _ in ends), max(high for _, high in ends))

    @property
    def variances(self) -> list[tuple[float, float]]:
        """Variances of the difference with their degrees of freedom: over speakers, and over seeds where they count."""
        return [self.speakers, *self.seeds]

    @property
    def variance(self) -> tuple[float, float]:
        """Their sum, with its degrees of freedom."""
        total, df = combined(*(np.array(part) for part in zip(*self.variances, strict=True)))
        return float(total), float(df)

    def detectable(self, alpha: float) -> float:
        if smallest_p(len(self.first.units)) > alpha:
            return float("nan")
        return detectable(*self.variance, alpha)


def _with_zero(effect: Interval) -> Interval:
    """Return the interval with zero in it, where rounding has left it at its very end."""
    return replace(effect, low=min(effect.low, 0.0), high=max(effect.high, 0.0))


@dataclass(frozen=True)
class _Table:
    """Samples as arrays, one row each.

    Attributes:
        seed_counts: whether a seed moves all speakers of a sample alike, so that seeds are a source of variance of
            their own.
        enough_seeds: whether there are seeds enough to judge that variance.
        seed_var: variance of the score's mean over seeds, where it counts.
    """

    shares: np.ndarray
    influence: np.ndarray
    df: float
    seed_counts: np.ndarray
    enough_seeds: np.ndarray
    seed_var: np.ndarray
    seed_df: np.ndarray

    @classmethod
    def of(cls, samples: Sequence[Sample], min_seeds: int) -> _Table:
        if len({sample.units for sample in samples}) > 1:
            msg = "The methods were scored on different speakers; compare them on what all of them scored."
            raise ResultsError(msg)
        seed_counts = np.array([sample.seed_counts for sample in samples])
        n_seeds = np.array([sample.n_seeds for sample in samples])
        variance = np.array([sample.seed_variance for sample in samples])
        return cls(
            shares=np.stack([sample.shares for sample in samples]),
            influence=np.stack([sample.influence for sample in samples]),
            df=samples[0].df,
            seed_counts=seed_counts,
            enough_seeds=np.array([sample.enough_seeds(min_seeds) for sample in samples]),
            seed_var=np.where(seed_counts, variance / n_seeds, 0.0),
            seed_df=np.maximum(n_seeds - 1, 1).astype(float),
        )

    def p(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        p = sign_flip(self.shares[first] - self.shares[second], screen=len(first) > 1000)
        enough = self.enough_seeds[first] & self.enough_seeds[second]
        judged = (self.seed_counts[first] | self.seed_counts[second]) & enough
        at = first[judged], second[judged]
        p[judged] = np.maximum.reduce([p[judged], self.p_seeds(*at), self.p_both(*at)])
        return p

    def p_seeds(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return self._p(
            first, second, np.stack([self.seed_var[first], self.seed_var[second]]), self._seed_dfs(first, second)
        )

    def p_both(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        variances = np.stack([self.speaker_var(first, second), self.seed_var[first], self.seed_var[second]])
        dfs = np.vstack([np.full(len(first), self.df), self._seed_dfs(first, second)])
        return self._p(first, second, variances, dfs)

    def speaker_var(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.asarray(((self.influence[first] - self.influence[second]) ** 2).sum(axis=1))

    def _seed_dfs(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.stack([self.seed_df[first], self.seed_df[second]])

    def _p(self, first: np.ndarray, second: np.ndarray, variances: np.ndarray, dfs: np.ndarray) -> np.ndarray:
        from scipy.special import stdtr

        difference = np.abs((self.shares[first] - self.shares[second]).sum(axis=1))
        variance, df = combined(variances, dfs)
        t = np.where(difference > 0, difference / np.sqrt(np.maximum(variance, 1e-300)), 0.0)
        return np.asarray(2 * stdtr(np.maximum(df, 1.0), -t))
