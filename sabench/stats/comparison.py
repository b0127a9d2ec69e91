"""One method against another: effect, interval, and significance over speakers and, where needed, seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sabench.errors import ResultsError
from sabench.stats.intervals import Interval, combined, interval_of
from sabench.stats.permutation import EXACT, sign_flip, smallest_p
from sabench.stats.sample import Sample

ALPHA = 0.05
MIN_SEEDS = 5
"""Seeds that a stochastic method needs where one trained model serves several speakers."""


@dataclass(frozen=True)
class Comparison:
    """What the test speakers say about two methods.

    Attributes:
        effect: first minus second score, with its interval.
        p: of the claim about the methods: the largest of the p values that it needs.
        p_speakers: paired permutation over speakers.
        p_seeds: Welch's t over seeds; None where seeds play no part of their own.
        p_both: t over speakers and seeds together, likewise.
        smallest_p: the smallest that so many speakers can give.
        exact: whether all permutations were counted.
        n_speakers: number of speakers compared.
        n_seeds: seeds of the first and the second.
        about_methods: whether the design can tell methods apart; where not, a small p says only that
            these trained models differ.
    """

    effect: Interval
    p: float
    p_speakers: float
    p_seeds: float | None
    p_both: float | None
    smallest_p: float
    exact: bool
    n_speakers: int
    n_seeds: tuple[int, int]
    about_methods: bool

    def significant(self, alpha: float = ALPHA) -> bool:
        """Whether the methods differ, without correction for a family."""
        return self.about_methods and self.p <= alpha


@dataclass(frozen=True)
class Pairs:
    """Many comparisons as arrays, `first` and `second` the positions of the samples."""

    first: np.ndarray
    second: np.ndarray
    effect: np.ndarray
    p: np.ndarray
    about_methods: np.ndarray


def compare(first: Sample, second: Sample, *, min_seeds: int = MIN_SEEDS) -> Comparison:
    """Return the comparison of two methods over the same utterances.

    Seeds of each are averaged. Where every speaker has a trained model of their own, the test over
    speakers decides. Where one model serves several speakers, the luck of its seed looks like an effect
    on all of them: then the difference must stand out over speakers, over seeds, and over both together,
    from at least `min_seeds` seeds of each stochastic method.

    Raises:
        ResultsError: the two were not scored on the same speakers.
    """
    table = _Table.of([first, second], min_seeds)
    pair = np.array([0]), np.array([1])
    p_speakers = float(sign_flip(table.shares[:1] - table.shares[1:])[0])
    seeds_count = bool(table.luck[0] or table.luck[1])
    about = bool(table.ready.all())
    p_seeds = float(table.p_seeds(*pair)[0]) if seeds_count and about else None
    p_both = float(table.p_both(*pair)[0]) if seeds_count and about else None
    return Comparison(
        effect=interval_of(first.value - second.value, table.parts(0, 1)),
        p=max(p_speakers, p_seeds or 0.0, p_both or 0.0),
        p_speakers=p_speakers,
        p_seeds=p_seeds,
        p_both=p_both,
        smallest_p=smallest_p(len(first.units)),
        exact=len(first.units) <= EXACT,
        n_speakers=len(first.units),
        n_seeds=(first.n_seeds, second.n_seeds),
        about_methods=about,
    )


def compare_all(samples: Sequence[Sample], *, min_seeds: int = MIN_SEEDS) -> Pairs:
    """Return all pairs; p values that are clearly above 0.05 are rough (see `sign_flip`)."""
    first, second = np.triu_indices(len(samples), k=1)
    if not len(first):
        return Pairs(first, second, np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool))
    table = _Table.of(samples, min_seeds)
    p = np.concatenate([table.p(i, j) for i, j in _chunks(first, second)])
    value = np.array([sample.value for sample in samples])
    return Pairs(first, second, value[first] - value[second], p, table.ready[first] & table.ready[second])


def _chunks(first: np.ndarray, second: np.ndarray, size: int = 20_000) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(first[i : i + size], second[i : i + size]) for i in range(0, len(first), size)]


@dataclass(frozen=True)
class _Table:
    """Samples as arrays, one row each.

    Attributes:
        luck: whether the luck of seeds hits all speakers of a sample alike.
        ready: whether there are seeds enough to judge that luck.
        seed_var: variance of the score's mean over seeds, where luck counts.
    """

    shares: np.ndarray
    influence: np.ndarray
    df: float
    luck: np.ndarray
    ready: np.ndarray
    seed_var: np.ndarray
    seed_df: np.ndarray

    @classmethod
    def of(cls, samples: Sequence[Sample], min_seeds: int) -> _Table:
        if len({sample.units for sample in samples}) > 1:
            msg = "The methods were scored on different speakers; compare them on what all of them scored."
            raise ResultsError(msg)
        luck = np.array([sample.shared and sample.stochastic for sample in samples])
        n_seeds = np.array([sample.n_seeds for sample in samples])
        variance = np.array([sample.seed_variance for sample in samples])
        return cls(
            shares=np.stack([sample.shares for sample in samples]),
            influence=np.stack([sample.influence for sample in samples]),
            df=samples[0].df,
            luck=luck,
            ready=~luck | (n_seeds >= max(2, min_seeds)),
            seed_var=np.where(luck, variance / n_seeds, 0.0),
            seed_df=np.maximum(n_seeds - 1, 1).astype(float),
        )

    def parts(self, i: int, j: int) -> list[tuple[float, float]]:
        speakers = float(((self.influence[i] - self.influence[j]) ** 2).sum())
        return [(speakers, self.df), *((float(self.seed_var[k]), float(self.seed_df[k])) for k in (i, j))]

    def p(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        found = sign_flip(self.shares[first] - self.shares[second], screen=len(first) > 1000)
        judged = (self.luck[first] | self.luck[second]) & self.ready[first] & self.ready[second]
        at = first[judged], second[judged]
        found[judged] = np.maximum.reduce([found[judged], self.p_seeds(*at), self.p_both(*at)])
        return found

    def p_seeds(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return self._p(
            first, second, np.stack([self.seed_var[first], self.seed_var[second]]), self._seed_dfs(first, second)
        )

    def p_both(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        speakers = ((self.influence[first] - self.influence[second]) ** 2).sum(axis=1)
        variances = np.stack([speakers, self.seed_var[first], self.seed_var[second]])
        dfs = np.vstack([np.full(len(first), self.df), self._seed_dfs(first, second)])
        return self._p(first, second, variances, dfs)

    def _seed_dfs(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.stack([self.seed_df[first], self.seed_df[second]])

    def _p(self, first: np.ndarray, second: np.ndarray, variances: np.ndarray, dfs: np.ndarray) -> np.ndarray:
        from scipy.special import stdtr

        difference = np.abs((self.shares[first] - self.shares[second]).sum(axis=1))
        variance, df = combined(variances, dfs)
        t = np.where(difference > 0, difference / np.sqrt(np.maximum(variance, 1e-300)), 0.0)
        return np.asarray(2 * stdtr(np.maximum(df, 1.0), -t))
