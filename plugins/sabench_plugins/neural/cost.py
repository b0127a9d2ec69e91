"""What training is expected to take, from its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sabench_plugins.neural.recipe import Recipe
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


def seconds(shape: Shape, recipe: Recipe, lengths: np.ndarray, *, device: str, threads: int) -> float:
    """Return seconds of one cell; validation and test are taken to be a third and a whole of the training set."""
    crop = shape.flops(recipe.crop_frames) + shape.embedding_flops(recipe.crop_frames)
    whole = shape.flops(round(float(np.mean(lengths)))) if len(lengths) else 0.0
    epoch = len(lengths) * (crop * (1 + BACKWARD) + whole / 3)
    speed = SPEEDS[device].at(shape.width) * (threads if device == "cpu" else 1)
    return (recipe.epochs * epoch + len(lengths) * whole) / speed
