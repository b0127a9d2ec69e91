"""What networks on frames have in common: standardised bins, ends of utterances, predictions in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sabench import FeatureView
from sabench_plugins.classifier import Classifier

FRAMES_A_BATCH: Final = 4_000
"""Frames of a batch of whole utterances, what fills them up included; one utterance always fits."""


class FrameClassifier(Classifier):
    """A network on frames; beside them it takes how many of each row are an utterance's own."""

    def standardise_by(self, features: FeatureView) -> None:
        """Take mean and deviation of every bin over all training frames."""
        count, total, squares = 0, np.zeros(features.width), np.zeros(features.width)
        for frames in features:
            count += len(frames)
            total += frames.sum(axis=0, dtype=np.float64)
            squares += np.square(frames, dtype=np.float64).sum(axis=0)
        mean = total / max(count, 1)
        variance = np.maximum(squares / max(count, 1) - mean**2, 0.0)
        self.standardise_to(torch.from_numpy(mean).float(), torch.from_numpy(np.sqrt(variance)).float())

    def standardised(self, x: Tensor) -> Tensor:
        """Return frames in standard deviations of training."""
        return (x - self.mean) / self.scale

    def probabilities(self, features: FeatureView) -> np.ndarray:
        """Return probabilities of emotions of whole utterances, shape `(n, n_classes)`, of a trained network."""
        probabilities = np.zeros((len(features), self.emotion.out_features))
        with torch.no_grad():
            for rows in by_length(features.lengths):
                frames, lengths = padded([features[int(row)] for row in rows])
                probabilities[rows] = self(frames, lengths).double().softmax(dim=1).numpy()
        return probabilities


def there(lengths: Tensor, frames: int) -> Tensor:
    """Return which frames are an utterance's own, shape `(n, frames)`.

    >>> there(torch.tensor([1, 2]), 2).tolist()
    [[True, False], [True, True]]
    """
    return torch.arange(frames)[None] < lengths[:, None]


def padded(arrays: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Return arrays `(frames, width)` as one tensor, shape `(n, most frames, width)`, and their lengths.

    An utterance without frames counts as one frame of zeros.
    """
    lengths = [max(1, len(array)) for array in arrays]
    frames = np.zeros((len(arrays), max(lengths), arrays[0].shape[1]), dtype=np.float32)
    for row, array in zip(frames, arrays, strict=True):
        row[: len(array)] = array
    return torch.from_numpy(frames), torch.tensor(lengths)


def by_length(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Yield positions of utterances in batches, the shortest first.

    >>> [rows.tolist() for rows in by_length(np.array([3000, 10, 2000, 2000]))]
    [[1], [2, 3], [0]]
    """
    batch: list[int] = []
    for row in np.argsort(lengths, kind="stable").tolist():
        # The next is the longest so far, to whose length all are filled up.
        crowded = (len(batch) + 1) * lengths[row] > FRAMES_A_BATCH
        uneven = bool(batch) and lengths[row] > 2 * lengths[batch[0]]
        if batch and (crowded or uneven):
            yield np.array(batch)
            batch = []
        batch.append(row)
    if batch:
        yield np.array(batch)
