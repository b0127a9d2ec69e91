"""The networks' batch norm against torch's, layer by layer: where frames as channels are faster, on this processor.

Prints milliseconds forward and backward, in processor time of one thread, the least of some repeats by turns.

    python benchmarks/batch_norm.py [--precision bfloat16]
    ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 python benchmarks/batch_norm.py
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor, nn

from sabench_plugins.neural.fast.memory import keep_freed
from sabench_plugins.neural.fast.normalisation import BatchNorm

BATCH = 16
LAYERS = ((4, 201, 200), (8, 201, 200), (8, 101, 100), (16, 101, 100), (32, 51, 50), (64, 201, 200), (64, 26, 25))
"""Channels, bins and frames of layers at widths 1/16, 1/8 and 1."""


def main() -> None:
    """Measure all layers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed()
    print(f"{torch.backends.cpu.get_cpu_capability()}, {chosen.precision}, batch {BATCH}; ms forward, backward")
    for channels, bins, frames in LAYERS:
        last = measured(channels, bins, frames, chosen, torch.channels_last)
        first = measured(channels, bins, frames, chosen, torch.contiguous_format)
        sides = zip(("torch", "torch in NCHW", "ours"), (last[0], first[0], last[1]), strict=True)
        print(f"{channels:3d} x {bins} x {frames}: {', '.join(f'{name} {said(times)}' for name, times in sides)}")


def said(times: tuple[float, float]) -> str:
    """Return milliseconds."""
    return " ".join(f"{1000 * seconds:.1f}" for seconds in times)


def measured(
    channels: int, bins: int, frames: int, chosen: argparse.Namespace, memory: torch.memory_format
) -> list[tuple[float, float]]:
    """Return seconds (forward, backward) of torch's batch norm and of ours."""
    x, gradient = (
        torch.randn(BATCH, channels, bins, frames).to(getattr(torch, chosen.precision)).to(memory_format=memory)
        for _ in range(2)
    )
    norms = nn.BatchNorm2d(channels), BatchNorm(channels)
    times: list[list[tuple[float, float]]] = [[], []]
    for _ in range(chosen.repeats + 1):
        for norm, kept in zip(norms, times, strict=True):
            kept.append(timed(norm, x.requires_grad_(), gradient))
    return [(min(f for f, _ in kept[1:]), min(b for _, b in kept[1:])) for kept in times]


def timed(norm: nn.Module, x: Tensor, gradient: Tensor) -> tuple[float, float]:
    """Return seconds of one pass."""
    started = time.process_time()
    out = norm(x)
    middle = time.process_time()
    torch.autograd.grad(out, (x, *norm.parameters()), gradient)
    return middle - started, time.process_time() - middle


if __name__ == "__main__":
    main()
