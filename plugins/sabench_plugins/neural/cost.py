"""What training is expected to take, from its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sabench_plugins.neural.fast.precision import uses_bfloat16
from sabench_plugins.neural.recipe import Recipe
from sabench_plugins.neural.scores import device_of
from sabench_plugins.neural.sizes import Shape

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


def seconds(shape: Shape, recipe: Recipe, lengths: np.ndarray, *, device: str, threads: int) -> float:
    """Return seconds of one cell; validation and test are taken to be a third and a whole of the training set."""
    crop = shape.flops(recipe.crop_frames) + shape.embedding_flops(recipe.crop_frames)
    whole = shape.flops(round(float(np.mean(lengths)))) if len(lengths) else 0.0
    factor = threads**THREADS if device == "cpu" else 1.0
    training = BFLOAT16 if uses_bfloat16(recipe.precision, device_of(device)) else SPEEDS
    trained_s = len(lengths) * crop * (1 + BACKWARD) / (training[device].at(shape.width) * factor)
    whole_s = len(lengths) * whole / (SPEEDS[device].at(shape.width) * factor)
    return recipe.epochs_over(len(lengths)) * (trained_s + whole_s / 3) + whole_s
