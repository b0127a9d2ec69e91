"""A small time-delay network with statistics pooling."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from sabench_plugins.sequences.frames import FrameClassifier, there

CONTEXTS: Final = ((5, 1), (3, 2), (3, 3))
"""Kernel and dilation of the layers: those of the first three of an x-vector network (Snyder et al. 2018)."""

LEAST_VARIANCE: Final = 1e-5
"""Added to a variance, whose root has no gradient at nothing."""


class Tdnn(FrameClassifier):
    """Dilated convolutions over time, mean and deviation over frames, one hidden layer.

    Every frame sees 15 frames, itself in their middle. What lies behind the end of an utterance is kept at zero in all
    layers, so that a prediction does not depend on how long the others of its batch are.
    """

    def __init__(self, width: int, channels: int, units: int, n_classes: int, dropout: float) -> None:
        super().__init__(width)
        widths = (width, *[channels] * len(CONTEXTS))
        self.layers = nn.ModuleList(
            nn.Conv1d(before, after, kernel, dilation=dilation, padding=dilation * (kernel // 2))
            for before, after, (kernel, dilation) in zip(widths, widths[1:], CONTEXTS, strict=False)
        )
        self.hidden = nn.Linear(2 * channels, units)
        self.dropout = nn.Dropout(dropout)
        self.emotion = nn.Linear(units, n_classes)

    def encode(self, x: Tensor, lengths: Tensor, /) -> Tensor:
        """Return the hidden layer, shape `(n, units)`.

        Args:
            x: frames, shape `(n, frames, width)`; what lies behind an end is not looked at.
            lengths: own frames of each, at least one, shape `(n,)`.
        """
        own = there(lengths, x.shape[1])[:, None]
        frames = torch.where(own, self.standardised(x).transpose(1, 2), 0.0)
        for layer in self.layers:
            frames = layer(frames).relu() * own
        encoded: Tensor = self.hidden(self.dropout(statistics(frames, lengths, own))).relu()
        return encoded


def statistics(frames: Tensor, lengths: Tensor, own: Tensor) -> Tensor:
    """Return mean and deviation over own frames, shape `(n, 2 channels)`.

    Args:
        frames: shape `(n, channels, frames)`, zero behind the ends.
        lengths: shape `(n,)`.
        own: which frames are an utterance's own, shape `(n, 1, frames)`.

    >>> frames = torch.tensor([[[1.0, 3.0, 0.0]]])
    >>> statistics(frames, torch.tensor([2]), torch.tensor([[[True, True, False]]])).round(decimals=2).tolist()
    [[2.0, 1.0]]
    """
    mean = frames.sum(dim=2) / lengths[:, None]
    variance = ((frames - mean[..., None]) ** 2 * own).sum(dim=2) / lengths[:, None]
    return torch.cat((mean, (variance + LEAST_VARIANCE).sqrt()), dim=1)
