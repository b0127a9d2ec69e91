"""A trained network made ready to predict: batch norms and a speaker's projections folded into convolutions.

In evaluation a batch norm is a scale and a shift of each filter, and the projection of a fixed embedding
is a shift too. Both go into the weights and biases of the convolution before them, so that a conditioned
network costs no more for a speaker than an unconditioned one.

Frames behind the end of a shorter utterance are set to zero before every convolution, exactly what "same" padding
puts behind a lone utterance, so that a padded batch equals its utterances one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from sabench_plugins.neural.fast.convolution import Convolution, add_pointwise, convolved, pointwise
from sabench_plugins.neural.fast.margins import Sides, framed, rectified
from sabench_plugins.neural.network import Block, Network, Trunk


@dataclass(frozen=True)
class Folded:
    """A convolution and the batch norm behind it as one; `projection` maps an embedding to more of its bias."""

    weight: Tensor
    bias: Tensor
    scale: Tensor
    source: Convolution
    projection: nn.Linear | None

    def bias_for(self, embedding: Tensor | None) -> Tensor:
        """Return the bias for one speaker, shape `(filters,)`."""
        if self.projection is None or embedding is None:
            return self.bias
        return self.bias + self.scale * self.projection(embedding)

    def __call__(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return the convolution's output, normalised."""
        return self._convolved(x, bias, framed)

    def of_rectified(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return the same of a ReLU's output, which may be taken in place."""
        odd = all(taps % 2 for taps in self.weight.shape[2:])  # torch's own convolution then pads
        return self._convolved(x.relu_(), bias, framed) if odd else self._convolved(x, bias, rectified)

    def _convolved(self, x: Tensor, bias: Tensor, pad: Callable[[Tensor, Sides], Tensor]) -> Tensor:
        return convolved(x, self.weight, bias, *self.source.stride, pad=pad)


def fold(convolution: Convolution, norm: nn.BatchNorm2d, projection: nn.Linear | None) -> Folded:
    """Return a convolution with its batch norm folded in."""
    if norm.running_mean is None or norm.running_var is None:
        msg = "Only a batch norm that keeps running statistics can be folded."
        raise ValueError(msg)
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    before = 0.0 if convolution.bias is None else convolution.bias
    bias = (before - norm.running_mean) * scale + norm.bias
    weight = (convolution.weight * scale[:, None, None, None]).contiguous(memory_format=torch.channels_last)
    return Folded(weight, bias, scale, convolution, projection)


class FoldedBlock:
    """A residual block for prediction."""

    def __init__(self, block: Block) -> None:
        self.stride = block.stride
        self.first = fold(block.conv1, block.norm1, block.projection1)
        self.second = fold(block.conv2, block.norm2, block.projection2)
        scale = self.second.scale
        shortcut = block.shortcut
        self.shortcut = None if shortcut is None else shortcut.weight * scale[:, None, None, None]
        self.identity = scale[:, None, None]

    def biases(self, embedding: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the biases of both convolutions for one speaker."""
        return self.first.bias_for(embedding), self.second.bias_for(embedding)

    def __call__(self, x: Tensor, biases: tuple[Tensor, Tensor], lengths: np.ndarray) -> Tensor:
        """Return the block's output; `lengths` are those of the output."""
        out = silenced(self.first(x, biases[0]), lengths)
        out = self.second.of_rectified(out, biases[1])
        if self.shortcut is None:
            out.addcmul_(x, self.identity)
        elif out.is_contiguous(memory_format=torch.channels_last):
            add_pointwise(out, x, self.shortcut, self.stride[1], self.stride[0])
        else:
            out += pointwise(x, self.shortcut, self.stride[1], self.stride[0])
        return silenced(out.relu_(), lengths)


Biases = list[tuple[Tensor, Tensor]]


class FoldedTrunk:
    """Folded blocks, the convolution over frequency, and the mean over time."""

    def __init__(self, trunk: Trunk) -> None:
        self.blocks = [FoldedBlock(block) for block in trunk.blocks if isinstance(block, Block)]
        self.frequency = trunk.frequency

    def biases(self, embedding: Tensor | None = None) -> Biases:
        """Return the biases of all blocks for one speaker."""
        return [block.biases(embedding) for block in self.blocks]

    def __call__(self, x: Tensor, biases: Biases, lengths: np.ndarray) -> Tensor:
        """Return shape `(utterances, filters)`, averaged over the frames there are."""
        for block, pair in zip(self.blocks, biases, strict=True):
            lengths = -(-lengths // block.stride[0])
            x = block(x, pair, lengths)
        total = silenced(self.frequency(x), lengths).sum(dim=(2, 3))
        return total / torch.as_tensor(lengths, dtype=total.dtype, device=total.device)[:, None]


class FoldedNetwork:
    """A network for prediction; it shares nothing that `enrol` could change."""

    def __init__(self, network: Network) -> None:
        with torch.inference_mode():
            self.main = FoldedTrunk(network.main)
            self.embedder = None if network.embedder is None else FoldedTrunk(network.embedder)
        self.embedding = network.embedding
        self.head = network.head
        self.channels, self.classes = network.shape.channels, network.shape.classes
        self.device = next(network.parameters()).device

    def embed(self, neutral: Tensor, lengths: np.ndarray) -> Tensor:
        """Return embeddings of padded neutral utterances, shape `(n, embedding)`."""
        if self.embedder is None or self.embedding is None:
            msg = "This network has no embedding sub-network."
            raise ValueError(msg)
        return self.embedding(self.embedder(neutral, self.embedder.biases(), lengths))

    def probabilities(self, x: Tensor, biases: Biases, lengths: np.ndarray) -> Tensor:
        """Return class probabilities of padded utterances, shape `(n, classes)`."""
        return torch.softmax(self.head(self.main(x, biases, lengths)), dim=1)


def silenced(x: Tensor, lengths: np.ndarray) -> Tensor:
    """Set the frames behind each utterance's end to zero, in place, touching the last frames only."""
    first = int(lengths.min())
    if first == x.shape[3]:
        return x
    frames = torch.arange(first, x.shape[3], device=x.device)
    inside = frames < torch.as_tensor(lengths, device=x.device)[:, None]
    x[..., first:] *= inside[:, None, None, :]
    return x
