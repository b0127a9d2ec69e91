"""A projection of every frame, pooled by attention that is learnt."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sabench_plugins.sequences.frames import FrameClassifier, there


class AttentivePooling(FrameClassifier):
    """Frames that a frozen network made: one projection of each, a weighted mean over time, one hidden layer."""

    def __init__(self, width: int, channels: int, units: int, n_classes: int, dropout: float) -> None:
        super().__init__(width)
        self.projection = nn.Linear(width, channels)
        self.weight = nn.Sequential(nn.Linear(channels, channels), nn.Tanh(), nn.Linear(channels, 1))
        self.hidden = nn.Linear(channels, units)
        self.dropout = nn.Dropout(dropout)
        self.emotion = nn.Linear(units, n_classes)

    def encode(self, x: Tensor, lengths: Tensor, /) -> Tensor:
        """Return the hidden layer, shape `(n, units)`; see `sabench_plugins.sequences.tdnn.Tdnn.encode`."""
        own = there(lengths, x.shape[1])[..., None]
        frames = self.projection(torch.where(own, self.standardised(x), 0.0)).relu()
        weights = self.weight(frames).masked_fill(~own, -math.inf).softmax(dim=1)
        encoded: Tensor = self.hidden(self.dropout((weights * frames).sum(dim=1))).relu()
        return encoded
