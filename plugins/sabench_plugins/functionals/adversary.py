"""The adversary of `dat`: a network that tells speakers apart, behind a reversed gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Utterances


class Reversed(torch.autograd.Function):
    """The identity forward; backward the gradient times `-strength` (Ganin et al. 2016, equation 14)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        """Return `x`."""
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Return the reversed gradient."""
        return -ctx.strength * gradient, None


class Adversary(nn.Module):
    """Tells the training speakers from the last hidden layer; what it learns, that layer unlearns."""

    def __init__(self, units: int, train: Utterances, strength: float) -> None:
        super().__init__()
        self.strength = strength
        self.speaker = torch.from_numpy(np.unique(train.speaker, return_inverse=True)[1])
        self.head = nn.Sequential(nn.Linear(units, units), nn.ReLU(), nn.Linear(units, len(train.rows_of)))

    def loss(self, hidden: Tensor, rows: np.ndarray, progress: float) -> Tensor:
        """Return the cross-entropy of speakers, mean over utterances.

        Args:
            hidden: their last hidden layer, shape `(n, units)`.
            rows: which training utterances they are.
            progress: share of all steps done; it decides the strength.
        """
        logits = self.head(Reversed.apply(hidden, strength_at(progress, self.strength)))
        return F.cross_entropy(logits, self.speaker[rows])


def strength_at(progress: float, full: float) -> float:
    """Return the strength after a share of all steps: it rises from 0 (Ganin et al. 2016, section 5.2.2).

    >>> [round(strength_at(progress, 2.0), 2) for progress in (0.0, 0.1, 0.5, 1.0)]
    [0.0, 0.92, 1.97, 2.0]
    """
    return full * (2 / (1 + math.exp(-10 * progress)) - 1)
