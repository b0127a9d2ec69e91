"""The shape of the networks in plain numbers: layers, parameters, arithmetic. No torch, so that planning is instant.

The seed (Triantafyllopoulos, Liu, Schuller 2021, doi 10.1109/icme51207.2021.9428217) gives the number of
blocks and their order, and no sizes. [guess] The sizes are those of the speech enhancement network that
the architecture comes from (Liu et al. 2019, arXiv 1911.07062), taken over for emotion recognition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CONVOLUTIONS = 2
"""Convolutions in a residual block."""


@dataclass(frozen=True)
class Stage:
    """One residual block: kernel and stride over (time, frequency), and its number of filters."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    filters: int


MAIN = (
    Stage((4, 4), (1, 1), 64),
    Stage((4, 4), (1, 1), 64),
    Stage((4, 4), (2, 2), 128),
    Stage((4, 4), (1, 1), 128),
    Stage((3, 3), (2, 2), 256),
    Stage((3, 3), (1, 1), 256),
    Stage((3, 3), (2, 2), 512),
    Stage((3, 3), (1, 1), 512),
)
"""Blocks of the main network at full width."""

EMBEDDING = (
    Stage((8, 4), (3, 2), 64),
    Stage((8, 4), (3, 2), 128),
    Stage((4, 4), (1, 1), 256),
    Stage((4, 4), (1, 2), 512),
)
"""Blocks of the embedding sub-network at full width."""


def scaled(units: int, width: float) -> int:
    """Return a layer's size at a width; never below one.

    >>> scaled(64, 0.125), scaled(64, 1), scaled(64, 0.001)
    (8, 64, 1)
    """
    return max(1, round(units * width))


def reduced(length: int, stride: int) -> int:
    """Return how many positions a "same" convolution with this stride leaves.

    >>> reduced(201, 2), reduced(1, 3)
    (101, 1)
    """
    return -(-length // stride)


@dataclass(frozen=True)
class Shape:
    """A network of the family.

    Attributes:
        bins: size of the feature axis.
        classes: number of classes.
        channels: 1, or 2 where the neutral utterance is the second channel.
        conditioned: whether the blocks see an embedding of a neutral utterance.
        width: factor of every filter count, of `hidden` and of `embedding`.
        hidden: units of the first linear layer at width 1.
        embedding: size of the embedding at width 1.
        stride: of the first block of the main network, over time and frequency; the paper's is 1.
    """

    bins: int
    classes: int
    channels: int = 1
    conditioned: bool = False
    width: float = 1.0
    hidden: int = 512
    embedding: int = 512
    stride: int = 1

    @property
    def hidden_units(self) -> int:
        """Units of the first linear layer."""
        return scaled(self.hidden, self.width)

    @property
    def embedding_units(self) -> int:
        """Size of the embedding; 0 for a network without."""
        return scaled(self.embedding, self.width) if self.conditioned else 0

    def stages(self, of: tuple[Stage, ...]) -> list[Stage]:
        """Return blocks at this width."""
        strides = [stage.stride for stage in of]
        if of is MAIN:
            strides[0] = (self.stride, self.stride)
        return [
            Stage(stage.kernel, stride, scaled(stage.filters, self.width))
            for stage, stride in zip(of, strides, strict=True)
        ]

    def count(self) -> dict[str, int]:
        """Return the number of trained parameters by part; their sum is the network's."""
        main, trunk = self.stages(MAIN), self.stages(EMBEDDING)
        parts = {
            "blocks": _blocks(main, self.channels),
            "frequency": _frequency(main, self.bins),
            "head": _linear(main[-1].filters, self.hidden_units) + _linear(self.hidden_units, self.classes),
        }
        if self.conditioned:
            parts["projections"] = sum(CONVOLUTIONS * _linear(self.embedding_units, stage.filters) for stage in main)
            parts["embedding blocks"] = _blocks(trunk, 1)
            parts["embedding frequency"] = _frequency(trunk, self.bins)
            parts["embedding head"] = _linear(trunk[-1].filters, self.embedding_units)
        return parts

    @property
    def parameters(self) -> int:
        """Number of trained parameters."""
        return sum(self.count().values())

    def flops(self, frames: int) -> float:
        """Return floating point operations of one forward pass over an utterance of so many frames."""
        return _flops(self.stages(MAIN), self.channels, frames, self.bins)

    def embedding_flops(self, frames: int) -> float:
        """Return those of embedding a neutral utterance; 0 for a network without."""
        return _flops(self.stages(EMBEDDING), 1, frames, self.bins) if self.conditioned else 0.0


def matched(shape: Shape, target: int) -> float:
    """Return the width at which a network has a number of parameters, as nearly as whole filters allow."""
    low, high = 0.0, 8.0 * max(shape.width, 1.0)
    for _ in range(40):
        middle = (low + high) / 2
        if _at(shape, middle).parameters < target:
            low = middle
        else:
            high = middle
    return min((low, high), key=lambda width: abs(_at(shape, width).parameters - target))


def _at(shape: Shape, width: float) -> Shape:
    return replace(shape, width=width)


def _linear(inputs: int, outputs: int) -> int:
    return (inputs + 1) * outputs


def _block(stage: Stage, inputs: int) -> int:
    taps, filters = stage.kernel[0] * stage.kernel[1], stage.filters
    convolutions = taps * inputs * filters + taps * filters * filters + filters
    shortcut = 0 if stage.stride == (1, 1) and inputs == filters else inputs * filters
    return convolutions + shortcut + CONVOLUTIONS * 2 * filters


def _blocks(stages: list[Stage], channels: int) -> int:
    inputs = [channels, *(stage.filters for stage in stages)]
    return sum(_block(stage, number) for stage, number in zip(stages, inputs, strict=False))


def _height(stages: list[Stage], bins: int) -> int:
    for stage in stages:
        bins = reduced(bins, stage.stride[1])
    return bins


def _frequency(stages: list[Stage], bins: int) -> int:
    filters = stages[-1].filters
    return _height(stages, bins) * filters * filters + filters


def _flops(stages: list[Stage], channels: int, frames: int, bins: int) -> float:
    inputs, height, total = channels, bins, 0.0
    for stage in stages:
        frames, height = reduced(frames, stage.stride[0]), reduced(height, stage.stride[1])
        total += 2.0 * frames * height * _block(stage, inputs)
        inputs = stage.filters
    return total + 2.0 * frames * height * inputs * inputs
