"""The networks in torch: residual blocks, optionally conditioned on an embedding of a neutral utterance.

Tensors are `(utterances, channels, bins, frames)`. These networks train on crops of one length; `folded` has
them predict whole utterances of any length.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (the name that torch users know)
from torch import Tensor, nn

from sabench_plugins.neural.fast.convolution import Convolution, Shortcut
from sabench_plugins.neural.fast.normalisation import BatchNorm
from sabench_plugins.neural.sizes import EMBEDDING, MAIN, Shape, Stage, reduced


class Block(nn.Module):
    """Convolution, batch norm, ReLU, convolution, shortcut, batch norm, ReLU (the seed's figure 1c).

    A conditioned block adds to the output of both convolutions a linear map of the embedding, zero at
    the start, the same for all frames and bins.
    """

    def __init__(self, inputs: int, stage: Stage, embedding: int = 0) -> None:
        super().__init__()
        self.stride = stage.stride
        self.conv1 = Convolution(inputs, stage.filters, stage, stage.stride, bias=False)
        self.norm1 = BatchNorm(stage.filters)
        self.conv2 = Convolution(stage.filters, stage.filters, stage, (1, 1), bias=True)
        self.norm2 = BatchNorm(stage.filters)
        same = stage.stride == (1, 1) and inputs == stage.filters
        self.shortcut = None if same else Shortcut(inputs, stage.filters, stage.stride)
        self.projection1 = _projection(embedding, stage.filters)
        self.projection2 = _projection(embedding, stage.filters)

    def forward(self, x: Tensor, embedding: Tensor | None) -> Tensor:
        """Return the block's output."""
        out = self.conv1(x)
        if self.projection1 is not None:
            out = out + self.projection1(embedding)[:, :, None, None]
        out = F.relu(self.norm1(out), inplace=True)
        out = self.conv2(out)
        if self.projection2 is not None:
            out = out + self.projection2(embedding)[:, :, None, None]
        out = out + (x if self.shortcut is None else self.shortcut(x))
        return F.relu(self.norm2(out), inplace=True)


class Trunk(nn.Module):
    """Residual blocks, a convolution over the whole frequency axis, and the mean over time."""

    def __init__(self, stages: list[Stage], bins: int, channels: int = 1, embedding: int = 0) -> None:
        super().__init__()
        inputs = [channels, *(stage.filters for stage in stages)]
        self.blocks = nn.ModuleList(
            Block(number, stage, embedding) for stage, number in zip(stages, inputs, strict=False)
        )
        for stage in stages:
            bins = reduced(bins, stage.stride[1])
        self.frequency = nn.Conv2d(inputs[-1], inputs[-1], (bins, 1))

    def forward(self, x: Tensor, embedding: Tensor | None = None, lengths: Tensor | None = None) -> Tensor:
        """Return shape `(utterances, filters)`.

        Args:
            x: shape `(utterances, channels, bins, frames)`.
            embedding: of the speaker, shape `(utterances, embedding)`.
            lengths: how many of the frames belong to each utterance, shape `(utterances,)`; None for all.
        """
        for block in self.blocks:
            assert isinstance(block, Block)  # noqa: S101  (tells mypy what a ModuleList forgets)
            x = block(x, embedding)
            if lengths is not None:
                lengths = -(-lengths // block.stride[0])
        return mean_over_time(self.frequency(x), lengths)


class Network(nn.Module):
    """The whole classifier: ResNet, TwoChannel (two channels) or eResNet (conditioned)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        main, trunk = shape.stages(MAIN), shape.stages(EMBEDDING)
        self.main = Trunk(main, shape.bins, shape.channels, shape.embedding_units)
        self.head = nn.Sequential(
            nn.Linear(main[-1].filters, shape.hidden_units), nn.ReLU(), nn.Linear(shape.hidden_units, shape.classes)
        )
        self.embedder = Trunk(trunk, shape.bins) if shape.conditioned else None
        self.embedding = nn.Linear(trunk[-1].filters, shape.embedding_units) if shape.conditioned else None

    def embed(self, neutral: Tensor, lengths: Tensor | None = None) -> Tensor | None:
        """Return embeddings of neutral utterances, shape `(utterances, embedding)`; None without a sub-network."""
        if self.embedder is None or self.embedding is None:
            return None
        return self.embedding(self.embedder(neutral, lengths=lengths))

    def forward(
        self,
        x: Tensor,
        neutral: Tensor | None = None,
        lengths: Tensor | None = None,
        neutral_lengths: Tensor | None = None,
    ) -> Tensor:
        """Return logits, shape `(utterances, classes)`.

        Args:
            x: log-spectrograms, shape `(utterances, 1, bins, frames)`.
            neutral: beside each a neutral utterance of its speaker: of the same shape for TwoChannel,
                of any number of frames for eResNet; None for ResNet.
            lengths: how many of the frames are the utterance's own, shape `(utterances,)`; None for all.
            neutral_lengths: likewise for the neutral one.
        """
        if neutral is not None and self.shape.channels > 1:
            x = torch.cat((x, neutral), dim=1)
        embedding = self.embed(neutral, neutral_lengths) if neutral is not None else None
        return self.head(self.main(x, embedding, lengths))


def mean_over_time(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the mean of `(utterances, filters, 1, frames)` over the frames there are."""
    if lengths is None:
        return x.mean(dim=(2, 3))
    there = torch.arange(x.shape[3], device=x.device) < lengths[:, None]
    return (x * there[:, None, None, :]).sum(dim=(2, 3)) / lengths[:, None]


def _projection(embedding: int, filters: int) -> nn.Linear | None:
    if not embedding:
        return None
    projection = nn.Linear(embedding, filters)
    nn.init.zeros_(projection.weight)
    nn.init.zeros_(projection.bias)
    return projection
