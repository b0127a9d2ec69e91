"""Which ranks the decisions about all pairs leave open for each method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sabench.stats.comparison import MIN_SEEDS, compare_all
from sabench.stats.families import ALPHA, holm
from sabench.stats.sample import Sample


def ranks(
    samples: Sequence[Sample],
    *,
    decided: Mapping[tuple[int, int], bool] | None = None,
    min_seeds: int = MIN_SEEDS,
) -> list[tuple[int, int] | None]:
    """Return the best and the worst rank of each method; None where there are too few seeds to compare it.

    The best is one more than the number of methods that are significantly better, the worst the number of
    methods less those that are significantly worse (Al Mohamad, Goeman, van Zwet 2017). All pairs are one
    family, corrected by Holm, but for those that another family has decided.

    Args:
        samples: of methods over the same utterances.
        decided: whether two methods, by their positions, differ significantly, where that is known.
        min_seeds: seeds that a stochastic method needs where one trained model serves several speakers.

    Raises:
        ResultsError: the methods were not scored on the same speakers.
    """
    pairs = compare_all(samples, min_seeds=min_seeds)
    known = {(min(pair), max(pair)): differ for pair, differ in (decided or {}).items()}
    positions = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    differ = np.array([known.get(pair, False) for pair in positions], dtype=bool)
    open_ = np.array([pair not in known for pair in positions], dtype=bool) & pairs.about_methods
    differ[open_] = holm(pairs.p[open_]) <= ALPHA
    better, worse = np.zeros(len(samples), dtype=int), np.zeros(len(samples), dtype=int)
    ahead = pairs.effect > 0
    np.add.at(better, np.where(ahead, pairs.second, pairs.first)[differ], 1)
    np.add.at(worse, np.where(ahead, pairs.first, pairs.second)[differ], 1)
    comparable = [sample.enough_seeds(min_seeds) for sample in samples]
    n = sum(comparable)
    ends = zip(comparable, (1 + better).tolist(), (n - worse).tolist(), strict=True)
    return [(best, worst) if known_well else None for known_well, best, worst in ends]
