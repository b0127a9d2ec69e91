"""What statistics need of one method: each speaker's share in the score, and the score of each seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sabench.errors import ResultsError
from sabench.stats.metrics import numbered

if TYPE_CHECKING:
    from sabench.interfaces.records import Predictions


@dataclass(frozen=True)
class Sample:
    """The score of one method, taken apart by speaker and by seed.

    Both primary scores are sums over speakers: the mean of fold UARs evidently, and the pooled UAR
    because each utterance adds 1 / (n_classes * size of its class) when it is recognised.

    Attributes:
        units: the speakers, in a fixed order.
        shares: what each adds to the score, averaged over seeds, shape `(n_units,)`; they sum to `value`.
        parts: what each would add were all of their utterances recognised, shape `(n_units,)`; they sum to one.
        influence: how far each pulls the score, shape `(n_units,)`; their squares sum to the variance
            of the score over speakers.
        df: degrees of freedom of that variance.
        seed_values: score of each seed, shape `(n_seeds,)`.
        shared: whether one trained model serves several speakers, so that a seed moves the scores of all of them.
        stochastic: whether the seed changes the result.
    """

    units: tuple[str, ...]
    shares: np.ndarray
    parts: np.ndarray
    influence: np.ndarray
    df: float
    seed_values: np.ndarray
    shared: bool
    stochastic: bool

    @property
    def value(self) -> float:
        """The score, the mean over seeds."""
        return float(self.shares.sum())

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return len(self.seed_values)

    @property
    def seed_variance(self) -> float:
        """Variance of the score over seeds; 0 where there is one."""
        return float(self.seed_values.var(ddof=1)) if self.n_seeds > 1 else 0.0

    @property
    def seed_counts(self) -> bool:
        """Whether seeds are a source of variance of their own: a seed moves several speakers at once."""
        return self.shared and self.stochastic

    def enough_seeds(self, needed: int) -> bool:
        """Return whether there are seeds enough to judge that variance; always so where it plays no part."""
        return not self.seed_counts or self.n_seeds >= max(2, needed)


def common(runs: Sequence[Predictions]) -> list[Predictions]:
    """Return the utterances that all runs scored, each run in the same order.

    A fold that failed in one run is thereby left out of all of them.

    Raises:
        ResultsError: the runs disagree about classes, or have no utterance in common.
    """
    if len({run.classes for run in runs}) > 1:
        msg = f"Runs disagree about their classes: {' / '.join(', '.join(run.classes) for run in runs)}."
        raise ResultsError(msg)
    if all(run.ids == runs[0].ids and (run.fold == runs[0].fold).all() for run in runs) and len(runs[0]):
        return list(runs)
    keys = [_keys(run) for run in runs]
    shared = set(keys[0]).intersection(*keys[1:])
    if not shared:
        msg = "The runs have no scored utterance in common; at least one fold must be complete in all of them."
        raise ResultsError(msg)
    return [_take(run, [at[key] for key in keys[0] if key in shared]) for run, at in zip(runs, keys, strict=True)]


def sample(runs: Sequence[Predictions], *, pooled: bool, stochastic: bool = True) -> Sample:
    """Return the sample of one method from its runs, one a seed, over the same utterances (see `common`).

    Args:
        runs: predictions of each seed.
        pooled: whether the score is the pooled UAR rather than the mean of fold UARs.
        stochastic: whether the seed could change the result; runs of several seeds show it themselves.
    """
    first = runs[0]
    if len(runs) > 1:
        stochastic = any((run.predicted != first.predicted).any() for run in runs[1:])
    (units, speaker), (folds, fold) = _sorted(first.speaker), _sorted(first.fold)
    pools = _Pools.of(speaker, np.zeros_like(fold) if pooled else fold, first.truth, len(first.classes))
    hits = np.stack([pools.count(run.predicted == run.truth) for run in runs])
    part = _pooled(hits, pools.counts) if pooled else _mean_of_folds(hits, pools.counts)
    served = len(set(zip(fold.tolist(), speaker.tolist(), strict=True)))
    return replace(part, units=tuple(units), shared=served > len(folds), stochastic=stochastic)


def _sorted(groups: np.ndarray) -> tuple[list[str], np.ndarray]:
    names, number = numbered(groups)
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return [names[i] for i in order], rank[number]


@dataclass(frozen=True)
class _Pools:
    """Counts by speaker, by pool of speakers over which recalls are taken, and by class.

    Attributes:
        cell: the place in the counts of each utterance.
        counts: shape `(n_speakers, n_pools, n_classes)`.
    """

    cell: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, speaker: np.ndarray, pool: np.ndarray, truth: np.ndarray, n_classes: int) -> _Pools:
        shape = int(speaker.max()) + 1, int(pool.max()) + 1, n_classes
        cell = np.ravel_multi_index((speaker, pool, truth), shape)
        return cls(cell, np.bincount(cell, minlength=np.prod(shape)).reshape(shape))

    def count(self, which: np.ndarray) -> np.ndarray:
        """Return how many of the marked utterances fall in each place."""
        return np.bincount(self.cell[which], minlength=self.counts.size).reshape(self.counts.shape)


def _mean_of_folds(hits: np.ndarray, counts: np.ndarray) -> Sample:
    """Return shares and influence of the mean of fold UARs.

    With one speaker a fold the variance is that of the mean of the speakers' UARs, with n - 1 degrees of freedom.
    """
    totals = counts.sum(axis=0)
    weight = np.where(totals > 0, 1 / np.maximum(totals, 1), 0.0) / (totals > 0).sum(axis=1, keepdims=True)
    share = (hits * weight).sum(axis=(2, 3)) / len(totals)
    part = (counts * weight).sum(axis=(1, 2)) / len(totals)
    mean = share.mean(axis=0)
    influence = (mean - mean.sum() * part) / np.sqrt(np.maximum(1 - part, 1e-12))
    return Sample((), mean, part, influence, _effective_df(part**2), share.sum(axis=1), False, True)


def _pooled(hits: np.ndarray, counts: np.ndarray) -> Sample:
    """Return shares and influence of the pooled UAR, a mean of ratio estimators.

    The influence is the cluster-robust one with the small-sample correction of Bell and McCaffrey
    (2002), "CR2": a residual is divided by the root of one minus its speaker's part of the class.
    """
    present = counts.sum(axis=(0, 1)) > 0
    hits, counts = hits[:, :, 0, present], counts[:, 0, present]
    totals = counts.sum(axis=0)
    mean = hits.mean(axis=0)
    residual = mean - counts * (mean.sum(axis=0) / totals)
    others = totals - counts  # a class that one speaker alone has tells nothing about other speakers
    corrected = np.where(others > 0, residual / np.sqrt(totals * np.maximum(others, 1)), 0.0)
    return Sample(
        units=(),
        shares=(mean / totals).mean(axis=1),
        parts=(counts / totals).mean(axis=1),
        influence=corrected.mean(axis=1),
        df=_effective_df(((counts / totals) ** 2).sum(axis=1)),
        seed_values=(hits.sum(axis=1) / totals).mean(axis=1),
        shared=False,
        stochastic=True,
    )


def _effective_df(weight: np.ndarray) -> float:
    """Return degrees of freedom from the variance that each speaker adds: n - 1 where all add alike.

    Satterthwaite's approximation under speaker effects of equal size, so that one speaker who has
    half of the utterances counts for what that is worth; two speakers leave one.
    """
    effective = float(weight.sum() ** 2 / (weight**2).sum()) - 1
    return max(effective, min(1.0, len(weight) - 1))


def _keys(run: Predictions) -> dict[tuple[str, str], int]:
    return {(str(fold), name): i for i, (fold, name) in enumerate(zip(run.fold, run.ids, strict=True))}


def _take(run: Predictions, rows: list[int]) -> Predictions:
    return replace(
        run,
        ids=tuple(run.ids[i] for i in rows),
        speaker=run.speaker[rows],
        truth=run.truth[rows],
        probabilities=run.probabilities[rows],
        fold=run.fold[rows],
    )
