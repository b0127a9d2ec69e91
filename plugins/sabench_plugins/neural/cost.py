"""What training is expected to take, from its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sabench_plugins.neural.fast.precision import uses_bfloat16
from sabench_plugins.neural.recipe import Recipe
from sabench_plugins.neural.scores import device_of
from sabench_plugins.neural.sequences import FRAMES_A_BATCH
from sabench_plugins.neural.sizes import EMBEDDING, MAIN, Shape, Stage, reduced

BACKWARD: Final = 2.0
"""The backward pass costs about twice the forward pass."""


@dataclass(frozen=True)
class Speed:
    """How fast a device trains networks of this family.

    Attributes:
        flops: floating point operations a second at large widths; of one thread on a processor.
        half: the width at which half of that is reached, since few filters fill no vector unit.
    """

    flops: float
    half: float

    def at(self, width: float) -> float:
        """Return operations a second at a width.

        >>> Speed(1e12, 0.5).at(0.5)
        500000000000.0
        """
        return self.flops * width**2 / (width**2 + self.half**2)


SPEEDS: Final = {"cpu": Speed(120e9, 0.11), "mps": Speed(3e12, 0.3), "cuda": Speed(60e12, 0.5)}
"""A processor with AVX-512 was measured (36, 95, 146, 166, 172 GFLOP/s a thread at widths 1/16, 1/8, 1/4, 1/2, 1), and
is taken down by a third for others. The values of GPUs are [guess]."""

BFLOAT16: Final = SPEEDS | {"cpu": Speed(250e9, 0.155)}
"""The same processor, whose products are native: 60, 147, 279, 338 GFLOP/s a thread at widths 1/16, 1/8, 1/4, 1."""

THREADS: Final = 0.5
"""So many threads are as fast as this power of their number: two were 1.4 times one. [guess] beyond two."""

FLOAT_BYTES: Final = 4
"""Of a float32; where training multiplies in bfloat16 it takes less than is told."""

KEPT: Final = 6
"""Tensors of a block that wait for its backward pass: what either norm sees, what either activation gives, and both
padded. On a processor 5.8 and 6.3 were counted, at widths 1/16 and 1/8."""

PASSING: Final = 4
"""Tensors of a block at a time besides: input, both convolutions, shortcut; or as many gradients."""

SPARE: Final = 1.25
"""For the work space of convolutions, and what the allocator holds in pieces. [guess]"""


def seconds(shape: Shape, recipe: Recipe, lengths: np.ndarray, *, device: str, threads: int) -> float:
    """Return seconds of one cell; validation and test are taken to be a third and a whole of the training set."""
    crop = shape.flops(recipe.crop_frames) + shape.embedding_flops(recipe.crop_frames)
    whole = shape.flops(round(float(np.mean(lengths)))) if len(lengths) else 0.0
    factor = threads**THREADS if device == "cpu" else 1.0
    training = BFLOAT16 if uses_bfloat16(recipe.precision, device_of(device)) else SPEEDS
    trained_s = len(lengths) * crop * (1 + BACKWARD) / (training[device].at(shape.width) * factor)
    whole_s = len(lengths) * whole / (SPEEDS[device].at(shape.width) * factor)
    return recipe.epochs_over(len(lengths)) * (trained_s + whole_s / 3) + whole_s


def device_bytes(shape: Shape, recipe: Recipe, lengths: np.ndarray) -> int:
    """Return what one fold takes of a graphics card's memory at most, features included, as if they were kept there.

    Args:
        shape: of the network.
        recipe: how it is trained.
        lengths: frames of each training utterance; the longest to be scored is taken to be no longer.
    """
    frames = np.maximum(lengths, recipe.crop_frames)
    features = (int(frames.sum()) + recipe.crop_frames) * shape.bins
    # Weights, gradients, the folded copy that predicts, and what the optimiser remembers.
    remembered = {"sgd": int(recipe.momentum > 0)}.get(recipe.optimiser, 2)
    weights = (3 + remembered) * shape.parameters
    step = recipe.batch_size * recipe.crop_frames
    blocks = _outputs(shape.stages(MAIN), step, shape.bins)
    if shape.conditioned:
        blocks += _outputs(shape.stages(EMBEDDING), step, shape.bins)
    inputs = 2 if shape.conditioned else shape.channels
    training = KEPT * sum(blocks) + PASSING * max(blocks) + inputs * step * shape.bins
    scored = max(FRAMES_A_BATCH["cuda"], int(frames.max(initial=0)))
    scoring = PASSING * max(_outputs(shape.stages(MAIN), scored, shape.bins)) + shape.channels * scored * shape.bins
    return int(SPARE * FLOAT_BYTES * (features + weights + max(training, scoring)))


def _outputs(stages: list[Stage], frames: int, bins: int) -> list[int]:
    """Return the numbers that each block's output has for so many frames."""
    sizes = []
    for stage in stages:
        frames, bins = reduced(frames, stage.stride[0]), reduced(bins, stage.stride[1])
        sizes.append(frames * bins * stage.filters)
    return sizes
