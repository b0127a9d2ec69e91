"""Gradient reversal: a network that tells speakers apart, and a layer that unlearns what it uses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from sabench import Utterances
from sabench_plugins.classifier import Classifier
from sabench_plugins.objectives.plain import Batch, Plain, Step
from sabench_plugins.objectives.speakers import SpeakerHead


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


class Reversal(Plain):
    """Emotions and speakers at once; the gradient of the speakers reaches the encoder reversed."""

    def __init__(self, units: int, train: Utterances, strength: float) -> None:
        super().__init__()
        self.strength = strength
        self.head = SpeakerHead(units, train)

    def steps(self, network: Classifier, batch: Batch) -> Iterator[Step]:
        """Yield one step of everything."""
        hidden = network.encode(batch.x, batch.beside)
        turned = Reversed.apply(hidden, strength_at(batch.progress, self.strength))
        losses = {
            "loss": batch.loss(network.emotion(hidden)),
            "speaker_loss": self.head.loss(turned, batch.rows),
        }
        yield Step(losses, [*network.parameters(), *self.parameters()])


def strength_at(progress: float, full: float) -> float:
    """Return the strength after a share of all steps: it rises from 0 (Ganin et al. 2016, section 5.2.2).

    >>> [round(strength_at(progress, 2.0), 2) for progress in (0.0, 0.1, 0.5, 1.0)]
    [0.0, 0.92, 1.97, 2.0]
    """
    return full * (2 / (1 + math.exp(-10 * progress)) - 1)
