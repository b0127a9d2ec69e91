"""Batch norm made fast for few channels: the frames of a row of bins are treated as channels.

In channels-last memory torch works through the channels of one position at a time, and four or eight of them fill no
vector unit: the batch norms were a third of a narrow network's step. A row of frames, with the channels of each, is
one long vector in the same memory. Its statistics are taken there and averaged over the frames, which all count alike.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn

FEW: Final = 16
"""Fewer channels than this are faster as rows, with AVX-512 and with AVX2. Milliseconds forward and backward of
`benchmarks/batch_norm.py`, torch's and ours: 4 channels 23 and 4, 8 channels 10 and 8, 16 channels 3.4 and 3.3; in
bfloat16 14 and 4, 13 and 8, 3 and 4."""


class BatchNorm(nn.BatchNorm2d):
    """A batch norm as torch's, of the same statistics, outputs and gradients up to rounding."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised input, of the same shape and memory format."""
        if not self.training or not in_rows(x) or self.running_mean is None or self.running_var is None:
            return super().forward(x)
        out, mean, variance = _Normalised.apply(x, self.weight, self.bias, self.eps)
        self._follow(mean, variance, x.numel() // x.shape[1])
        return out

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch, whose variance counts as that of a sample."""
        assert self.running_mean is not None and self.running_var is not None  # noqa: S101, PT018  (tells mypy)
        assert self.momentum is not None and self.num_batches_tracked is not None  # noqa: S101, PT018  (tells mypy)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / max(count - 1, 1)), self.momentum)
        self.num_batches_tracked.add_(1)


def in_rows(x: Tensor) -> bool:
    """Return whether channels are few and those of a row's frames lie side by side, on a processor."""
    return x.device.type == "cpu" and x.shape[1] < FEW and x.is_contiguous(memory_format=torch.channels_last)


def rows(x: Tensor) -> Tensor:
    """Return a view of shape `(utterances * bins, frames * channels)`."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[0] * x.shape[2], -1)


class _Normalised(torch.autograd.Function):
    """Normalises by the batch's own statistics, and returns these too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        frames = x.shape[3]
        mean, variance = _statistics(rows(x), frames)
        each = [vector.repeat(frames) for vector in (weight, bias, mean, variance)]
        # Written into memory of its own: what torch returned would be a view, and its ReLU could not be in place.
        out, nothing = torch.empty_like(x), x.new_empty(0, dtype=torch.float32)
        torch.ops.aten.native_batch_norm.out(
            rows(x), *each, False, 0.0, eps, out=rows(out), save_mean=nothing, save_invstd=nothing
        )
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps))
        ctx.mark_non_differentiable(mean, variance)
        return out, mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight, mean, inverse = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        frames, count = x.shape[3], x.numel() // x.shape[1]
        of_weight, of_bias = _summed(rows(gradient), rows(x), mean, inverse, frames)
        # What the output's gradient g gives to the input: weight * inverse * (g - mean of g - normalised x * mean of
        # (g * normalised x)), which is g and x, each times a number a channel, and a shift.
        factor = weight * inverse
        slope = -factor * inverse * of_weight / count
        shift = -factor * of_bias / count - slope * mean
        of_g, of_x, added = (vector.repeat(frames) for vector in (factor, slope, shift))
        out = torch.addcmul(added, rows(gradient), of_g).addcmul_(rows(x), of_x).to(x.dtype)
        last = out.view(x.shape[0], x.shape[2], frames, x.shape[1]).permute(0, 3, 1, 2)
        return last, of_weight, of_bias, None


def _statistics(x: Tensor, frames: int) -> tuple[Tensor, Tensor]:
    """Return mean and variance of each channel, in float32, from those of its frames."""
    zeros = x.new_zeros(x.shape[1], dtype=torch.float32)  # in whose precision the statistics are returned
    means, variances = (each.view(frames, -1) for each in torch.batch_norm_update_stats(x, zeros, zeros, 0.0))
    return means.mean(dim=0), variances.mean(dim=0) + means.var(dim=0, correction=0)


def _summed(gradient: Tensor, x: Tensor, mean: Tensor, inverse: Tensor, frames: int) -> tuple[Tensor, Tensor]:
    """Return the gradients of weight and bias: sums of `g * normalised x` and of `g` over all but the channels."""
    means, inverses = mean.repeat(frames), inverse.repeat(frames)
    _, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
        gradient, x, torch.ones_like(means), None, None, means, inverses, True, 0.0, [False, True, True]
    )
    return of_weight.view(frames, -1).sum(dim=0), of_bias.view(frames, -1).sum(dim=0)
