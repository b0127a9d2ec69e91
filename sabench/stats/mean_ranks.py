"""Mean ranks of methods over corpora, and how far apart two must be (Demšar 2006, sections 3.2.2 and 3.2.4).

Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine Learning Research 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sabench.stats.families import ALPHA


@dataclass(frozen=True)
class MeanRanks:
    """Methods over the same corpora.

    Attributes:
        ranks: mean rank of each method, 1 the best.
        p: of Friedman's test that all are alike; NaN for two methods.
        critical_difference: two methods differ whose mean ranks are at least so far apart (Nemenyi 1963).
        alike: groups of methods, by their positions, that do not differ among each other; largest groups only.
    """

    ranks: tuple[float, ...]
    p: float
    critical_difference: float
    alike: tuple[tuple[int, ...], ...]


def mean_ranks(scores: np.ndarray) -> MeanRanks:
    """Return mean ranks of scores of shape `(n_corpora, n_methods)`; ties share the mean of their ranks.

    >>> mean_ranks(np.array([[0.9, 0.5], [0.8, 0.6]])).ranks
    (1.0, 2.0)
    """
    from scipy.stats import friedmanchisquare, rankdata

    n, k = scores.shape
    ranks = rankdata(-scores, axis=1).mean(axis=0)
    differs = bool((scores != scores[:, :1]).any())
    p = float(friedmanchisquare(*scores.T).pvalue) if k > 2 and differs else float("nan")
    critical = critical_difference(k, n)
    return MeanRanks(tuple(ranks.tolist()), p, critical, _alike(ranks, critical))


def critical_difference(n_methods: int, n_corpora: int, *, alpha: float = ALPHA) -> float:
    """Return how far apart mean ranks must be for two of several methods to differ (Nemenyi's test).

    >>> round(critical_difference(4, 14), 2)  # Demšar's example
    1.25
    """
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1 - alpha, n_methods, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(n_methods * (n_methods + 1) / (6 * n_corpora)))


def _alike(ranks: np.ndarray, critical: float) -> tuple[tuple[int, ...], ...]:
    order = np.argsort(ranks, kind="stable")
    groups: list[tuple[int, ...]] = []
    reached = 0
    for start in range(len(order)):
        within = [int(i) for i in order[start:] if ranks[i] - ranks[order[start]] < critical]
        if len(within) > 1 and start + len(within) > reached:
            groups.append(tuple(within))
            reached = start + len(within)
    return tuple(groups)
