"""Convolutions that keep the length ("same"), over (bins, frames), made fast for few filters.

A processor multiplies 16 numbers at once (AVX-512); a layer of eight filters leaves half of that idle.
Where filters are few, two or four neighbouring frames are treated as channels of one: the weights are
rearranged, with zeros where a frame does not see a neighbour, and the sums are the same. In channels-last
memory the rearranged input is a view. (8 filters, 4x4: a third less time forward and backward.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name that torch users know)
from torch import Tensor, nn

from sabench_plugins.neural.fast.margins import Sides
from sabench_plugins.neural.sizes import Stage

LANES = {"AVX512": 16, "AVX2": 8}
"""Single-precision numbers in a vector register, by what torch calls the processor."""


def sides(taps: int) -> tuple[int, int]:
    """Return zeros before and behind for "same" output.

    In front stand `(taps - 1) // 2` whatever the length, unlike TensorFlow's rule, which would shift
    strided outputs by the parity of the length and make padded batches differ.

    >>> sides(4), sides(3)
    ((1, 2), (1, 1))
    """
    return (taps - 1) // 2, taps // 2


class Convolution(nn.Conv2d):
    """A "same" convolution that also takes even kernels.

    Attributes:
        grouped: whether neighbouring frames may be treated as channels where that is faster.
    """

    grouped = True

    def __init__(self, inputs: int, filters: int, stage: Stage, stride: tuple[int, int], *, bias: bool) -> None:
        time, frequency = stage.kernel
        super().__init__(inputs, filters, (frequency, time), (stride[1], stride[0]), bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return shape `(utterances, filters, ceil(bins / stride), ceil(frames / stride))`."""
        return convolved(x, self.weight, self.bias, self.stride[0], self.stride[1], grouped=self.grouped)


class Shortcut(nn.Conv2d):
    """A 1x1 convolution without bias, which halves bins and frames where its block does."""

    def __init__(self, inputs: int, filters: int, stride: tuple[int, int]) -> None:
        super().__init__(inputs, filters, 1, (stride[1], stride[0]), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return shape `(utterances, filters, ceil(bins / stride), ceil(frames / stride))`."""
        return pointwise(x, self.weight, self.stride[0], self.stride[1])


def pointwise(x: Tensor, weight: Tensor, down: int, along: int) -> Tensor:
    """Return a 1x1 convolution with strides `down` bins and `along` frames.

    What the stride leaves out is cut away first. The sums are those of a strided convolution; but on processors
    without AVX-512 the gradient of a strided 1x1 convolution of fewer than eight channels, channels last, is written
    behind the end of its block (oneDNN as of torch 2.14).
    """
    return F.conv2d(x if down == along == 1 else _Thinned.apply(x, down, along), weight)


def add_pointwise(out: Tensor, x: Tensor, weight: Tensor, down: int, along: int) -> None:
    """Add a 1x1 convolution to `out`, in place and without gradients: a product of rows, in half of the time.

    Args:
        out: channels last, shape `(utterances, filters, ceil(bins / down), ceil(frames / along))`.
        x: shape `(utterances, channels, bins, frames)`.
        weight: shape `(filters, channels, 1, 1)`.
        down: stride over bins.
        along: stride over frames.
    """
    seen = x[:, :, ::down, ::along].permute(0, 2, 3, 1).reshape(-1, x.shape[1])
    out.permute(0, 2, 3, 1).view(-1, out.shape[1]).addmm_(seen, weight[:, :, 0, 0].T)


class _Thinned(torch.autograd.Function):
    """Every n-th bin and frame. Torch's own slices are as right; their gradients make a step a tenth longer."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, down: int, along: int) -> Tensor:
        ctx.shape, ctx.steps = x.shape, (down, along)
        return x[:, :, ::down, ::along].contiguous(memory_format=_memory_format(x))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        down, along = ctx.steps
        out = torch.empty(
            ctx.shape, dtype=gradient.dtype, device=gradient.device, memory_format=_memory_format(gradient)
        ).zero_()
        out[:, :, ::down, ::along] = gradient
        return out, None, None


def _memory_format(x: Tensor) -> torch.memory_format:
    last = torch.channels_last
    return last if x.is_contiguous(memory_format=last) else torch.contiguous_format


def convolved(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    down: int,
    along: int,
    *,
    grouped: bool = True,
    pad: Callable[[Tensor, Sides], Tensor] = F.pad,
) -> Tensor:
    """Return a "same" convolution with strides `down` bins and `along` frames; `pad` puts zeros around the input."""
    group = group_of(x, weight) if grouped and down == along == 1 else 1
    if group > 1:
        return neighbours(x, weight, bias, group, pad)
    (above, below), (before, behind) = sides(weight.shape[2]), sides(weight.shape[3])
    if above == below and before == behind:
        return F.conv2d(x, weight, bias, (down, along), (above, before))
    return F.conv2d(pad(x, (before, behind, above, below)), weight, bias, (down, along))


def group_of(x: Tensor, weight: Tensor) -> int:
    """Return how many frames to treat as one: 4, 2, or 1 for an ordinary convolution."""
    if x.device.type != "cpu" or not x.is_contiguous(memory_format=torch.channels_last):
        return 1
    fitting = (group for group in (4, 2) if group * weight.shape[0] <= lanes() and x.shape[3] % group == 0)
    return next(fitting, 1)


@lru_cache
def lanes() -> int:
    """Return how many numbers this processor multiplies at once."""
    return LANES.get(torch.backends.cpu.get_cpu_capability(), 4)


def neighbours(
    x: Tensor, weight: Tensor, bias: Tensor | None, group: int, pad: Callable[[Tensor, Sides], Tensor] = F.pad
) -> Tensor:
    """Return the "same" convolution of stride 1 with `group` neighbouring frames as channels."""
    count, channels, bins, frames = x.shape
    filters, taps = weight.shape[0], weight.shape[3]
    (above, below), before = sides(weight.shape[2]), sides(taps)[0]
    wide = -(-(group - 1 + taps) // group)
    padded = pad(x, (before, group * (wide - 1) - before, above, below))
    joined = padded.permute(0, 2, 3, 1).reshape(count, bins + above + below, -1, group * channels).permute(0, 3, 1, 2)
    repeated = None if bias is None else bias.repeat(group)
    out = F.conv2d(joined, rearranged(weight, group, wide), repeated)
    return out.permute(0, 2, 3, 1).reshape(count, bins, frames, filters).permute(0, 3, 1, 2)


def rearranged(weight: Tensor, group: int, wide: int) -> Tensor:
    """Return weights of shape `(group * filters, group * channels, bins, wide)`.

    The output frame `p` of a group sees the input frame `q` of the group `k` further on through tap
    `group * k + q - p`, where there is one.
    """
    filters, channels, height, taps = weight.shape
    with_zero = F.pad(weight, (0, 1))
    chosen = with_zero.index_select(3, _taps(group, wide, taps)).view(filters, channels, height, group, group, wide)
    joined = chosen.permute(3, 0, 4, 1, 2, 5).reshape(group * filters, group * channels, height, wide)
    return joined.contiguous(memory_format=torch.channels_last)


@lru_cache
def _taps(group: int, wide: int, taps: int) -> Tensor:
    """Return the tap between each (output frame, input frame, group), flat; `taps` stands for none."""
    with torch.inference_mode(False):  # what is kept here by a prediction is used by the next training
        p, q, k = torch.meshgrid(torch.arange(group), torch.arange(group), torch.arange(wide), indexing="ij")
        tap = group * k + q - p
        return torch.where((tap >= 0) & (tap < taps), tap, taps).flatten()
