"""Many comparisons at once: Holm's correction, and ranks that only significance moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sabench.stats.comparison import ALPHA, MIN_SEEDS, compare_all
from sabench.stats.sample import Sample


def holm(p: npt.ArrayLike) -> np.ndarray:
    """Return p values corrected for their family by Holm's step-down method (1979).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * factors))
    return corrected


def ranks(samples: Sequence[Sample], *, alpha: float = ALPHA, min_seeds: int = MIN_SEEDS) -> list[int]:
    """Return each method's rank: one more than the number of methods that are significantly better.

    All pairs that can be told apart at all are one family, corrected by Holm. Methods that nobody
    significantly beats share rank 1.
    """
    pairs = compare_all(samples, min_seeds=min_seeds)
    found = np.ones(len(samples), dtype=int)
    told = np.flatnonzero(pairs.about_methods)
    told = told[holm(pairs.p[told]) <= alpha]
    beaten = np.where(pairs.effect > 0, pairs.second, pairs.first)[told]
    np.add.at(found, beaten, 1)
    return [int(rank) for rank in found]
