"""What small networks on functionals and on sequences have in common: a scale, an encoder, a head for emotions."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """An encoder with a head for emotions on its last hidden layer.

    Attributes:
        mean: of training, by feature or bin, shape `(width,)`.
        scale: its deviation, likewise; 1 where it is constant.
        emotion: from the last hidden layer to logits of classes.
    """

    mean: Tensor
    scale: Tensor
    emotion: nn.Linear

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    @abstractmethod
    def encode(self, x: Tensor, beside: Tensor, /) -> Tensor:
        """Return the last hidden layer, shape `(n, units)`.

        Args:
            x: features as they are, shape `(n, width)` or `(n, frames, width)`.
            beside: what the network takes beside them: functionals of neutral speech, or numbers of frames.
        """

    def forward(self, x: Tensor, beside: Tensor, /) -> Tensor:
        """Return logits, shape `(n, n_classes)`."""
        logits: Tensor = self.emotion(self.encode(x, beside))
        return logits

    def standardise_to(self, mean: Tensor, deviation: Tensor) -> None:
        """Take mean and deviation of training; what is constant keeps its size."""
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(deviation > 1e-6, deviation, 1.0))
