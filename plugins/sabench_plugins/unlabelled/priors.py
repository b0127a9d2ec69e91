"""Class priors: exchanged in probabilities, and re-estimated from utterances without labels."""

from __future__ import annotations

from typing import Final

import numpy as np

ITERATIONS: Final = 1000
TOLERANCE: Final = 1e-6


def with_prior(posteriors: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return probabilities under another class prior (Saerens et al. 2002).

    Args:
        posteriors: shape `(n, n_classes)`, of a classifier trained under `old`.
        old: class prior of its training, shape `(n_classes,)`, none of them 0.
        new: class prior of those who are to be classified, shape `(n_classes,)`.

    Returns:
        Shape `(n, n_classes)`; a row in which nothing is left stays as it was.

    >>> with_prior(np.array([[0.5, 0.5]]), np.array([0.5, 0.5]), np.array([0.8, 0.2])).tolist()
    [[0.8, 0.2]]
    """
    weighted = posteriors * (new / old)
    total = weighted.sum(axis=1, keepdims=True)
    corrected: np.ndarray = np.where(total > 0, weighted / np.where(total > 0, total, 1.0), posteriors)
    return corrected


def reestimated(posteriors: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return the class prior under which utterances are most likely, by EM (Saerens et al. 2002).

    Args:
        posteriors: of utterances without labels, shape `(n, n_classes)`.
        old: class prior of the classifier's training, shape `(n_classes,)`.

    Returns:
        Shape `(n_classes,)`; without utterances it is `old`.

    >>> reestimated(np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]]), np.array([0.5, 0.5])).round(2).tolist()
    [0.71, 0.29]
    """
    prior = old
    for _ in range(ITERATIONS if len(posteriors) else 0):
        before, prior = prior, with_prior(posteriors, old, prior).mean(axis=0)
        if np.abs(prior - before).max() < TOLERANCE:
            break
    return prior
