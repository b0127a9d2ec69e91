"""What training is expected to take, from its arithmetic."""

from __future__ import annotations

from typing import Final

import numpy as np

from sabench_plugins.neural.recipe import Recipe
from sabench_plugins.neural.sizes import Shape

RATE: Final = {"cpu": 45e9, "mps": 2e12, "cuda": 25e12}
"""Floating point operations a second at full width: of one processor thread, of the whole device. [guess]"""

NARROW: Final = 0.45
"""How the rate falls with the width, as a power: few filters fill no vector unit. [guess]"""

BACKWARD: Final = 2.0
"""The backward pass costs about twice the forward pass."""


def seconds(shape: Shape, recipe: Recipe, lengths: np.ndarray, *, device: str, threads: int) -> float:
    """Return seconds of one cell; validation and test are taken to be a third and a whole of the training set."""
    crop = shape.flops(recipe.crop_frames) + shape.embedding_flops(recipe.crop_frames)
    whole = shape.flops(round(float(np.mean(lengths)))) if len(lengths) else 0.0
    epoch = len(lengths) * (crop * (1 + BACKWARD) + whole / 3)
    return (recipe.epochs * epoch + len(lengths) * whole) / rate(shape, device, threads)


def rate(shape: Shape, device: str, threads: int) -> float:
    """Return floating point operations a second that a network of this width reaches."""
    return RATE[device] * (threads if device == "cpu" else 1) * min(1.0, shape.width) ** NARROW
