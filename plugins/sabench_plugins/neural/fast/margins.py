"""Zeros around a prediction's activations, written once: torch's own padding fills the whole block with zeros first."""

from __future__ import annotations

import torch
from torch import Tensor

Sides = tuple[int, int, int, int]
"""Zeros before and behind the frames, and below and above the bins, in the order of `torch.nn.functional.pad`."""


def framed(x: Tensor, sides: Sides) -> Tensor:
    """Return a copy with zeros at its sides, channels last; without gradients.

    >>> framed(torch.ones(1, 1, 1, 1), (1, 2, 0, 0)).flatten().tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    whole, inside = _with_zeros(x, sides)
    inside.copy_(x)
    return whole


def rectified(x: Tensor, sides: Sides) -> Tensor:
    """Return the same of a ReLU's output: one pass instead of two.

    >>> rectified(-torch.ones(1, 1, 1, 1), (0, 1, 0, 0)).flatten().tolist()
    [0.0, 0.0]
    """
    whole, inside = _with_zeros(x, sides)
    torch.clamp_min(x, 0, out=inside)
    return whole


def _with_zeros(x: Tensor, sides: Sides) -> tuple[Tensor, Tensor]:
    """Return a block whose sides are zero, and the view inside them that is yet to be written."""
    before, behind, above, below = sides
    count, channels, bins, frames = x.shape
    shape = count, channels, above + bins + below, before + frames + behind
    whole = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    whole[:, :, :above] = 0
    whole[:, :, above + bins :] = 0
    whole[..., :before] = 0
    whole[..., before + frames :] = 0
    return whole, whole[:, :, above : above + bins, before : before + frames]
