"""The loss and the score that training looks at."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (the name that torch users know)
from torch import Tensor


def class_weights(y: np.ndarray, n_classes: int, weighting: str) -> np.ndarray:
    """Return a weight a class from its frequency in the training set; 0 for a class that is absent.

    `inverse` is N / N_k, the seed's text; `literal` is N_k / N, its equations 1 and 2 as printed.

    >>> class_weights(np.array([0, 0, 0, 1]), 3, "inverse").round(2).tolist()
    [1.33, 4.0, 0.0]
    >>> class_weights(np.array([0, 0, 0, 1]), 3, "literal").tolist()
    [0.75, 0.25, 0.0]
    """
    counts = np.bincount(y, minlength=n_classes).astype(np.float64)
    if weighting == "none":
        return (counts > 0).astype(np.float64)
    if weighting == "literal":
        return counts / len(y)
    return np.divide(len(y), counts, out=np.zeros(n_classes), where=counts > 0)


def weighted_loss(logits: Tensor, y: Tensor, weights: Tensor, reduction: str) -> Tensor:
    """Return the weighted negative log-likelihood (the seed's equation 1), summed or averaged by weight."""
    return F.cross_entropy(logits, y, weight=weights, reduction=reduction)


def negative_log_likelihood(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted mean of -log p of the true classes; `weights` are those of classes."""
    weight = weights[truth]
    if not weight.sum():
        return 0.0
    return float(
        -(weight * np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-12))).sum() / weight.sum()
    )


def device_of(name: str) -> torch.device:
    """Return a torch device, the processor where the named one is not there (a model moved to another machine)."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return torch.device(name if there.get(name, True) else "cpu")
