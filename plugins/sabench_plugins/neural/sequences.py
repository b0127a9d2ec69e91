"""Whole utterances in batches of near-equal length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sabench import FeatureView

FRAMES_A_BATCH: Final = {"cpu": 2_000, "mps": 8_000, "cuda": 64_000}
"""Frames that a batch may hold: on a processor as many as its caches like, on a GPU what keeps it busy."""

STRETCH: Final = 1.15
"""The longest utterance of a batch over its shortest, at most: the arithmetic that padding may waste."""


def near_equal(lengths: np.ndarray, frames: int) -> list[np.ndarray]:
    """Return positions in batches of at most so many padded frames (one utterance always fits), by length.

    >>> [part.tolist() for part in near_equal(np.array([100, 10, 102, 101]), 250)]
    [[1], [0, 3], [2]]
    """
    parts: list[list[int]] = []
    for position in np.argsort(lengths, kind="stable").tolist():
        length = lengths[position]
        fits = parts and length <= STRETCH * lengths[parts[-1][0]] and (len(parts[-1]) + 1) * length <= frames
        if fits:
            parts[-1].append(position)
        else:
            parts.append([position])
    return [np.array(part) for part in parts]


def padded(arrays: list[np.ndarray], device: torch.device) -> Tensor:
    """Return arrays `(frames, bins)` as `(n, 1, bins, frames)`, channels last, zeros behind their ends.

    The number of frames is even, since even ones are faster (see `convolution`).
    """
    longest = max(2, *(len(array) + len(array) % 2 for array in arrays))
    out = np.zeros((len(arrays), arrays[0].shape[1], longest, 1), dtype=np.float32)
    for row, array in zip(out, arrays, strict=True):
        row[:, : len(array), 0] = array.T
    return torch.from_numpy(out).permute(0, 3, 1, 2).to(device)


def batches(features: FeatureView, device: torch.device) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Yield (positions, arrays) of near-equal length."""
    for part in near_equal(np.maximum(features.lengths, 1), FRAMES_A_BATCH[device.type]):
        yield part, [features[int(position)] for position in part]
