"""Which training speakers sound like a target speaker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sabench import FeatureView, Utterances


@dataclass(frozen=True)
class SpeakerMeans:
    """Mean functionals of the training speakers, in units of the training set's deviation.

    Attributes:
        names: speakers, sorted.
        means: shape `(n_speakers, width)`.
        mean: of the training set, shape `(width,)`.
        scale: its deviation, shape `(width,)`.
    """

    names: tuple[str, ...]
    means: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, train: Utterances) -> SpeakerMeans:
        """Take the means of every training speaker; a constant feature keeps its size."""
        X = train.features.stack().astype(np.float64)
        mean, deviation = X.mean(axis=0), X.std(axis=0)
        scale = np.where(deviation > 1e-6, deviation, 1.0)
        means = np.stack([((X[rows] - mean) / scale).mean(axis=0) for rows in train.rows_of.values()])
        return cls(tuple(train.rows_of), means, mean, scale)

    def nearest(self, heard: FeatureView, amount: int) -> tuple[str, ...]:
        """Return the training speakers whose means lie nearest to that of some utterances, nearest first.

        Args:
            heard: functionals of utterances of a target speaker; of none nobody is near.
            amount: how many speakers.
        """
        if not len(heard):
            return ()
        target = (heard.stack().astype(np.float64).mean(axis=0) - self.mean) / self.scale
        distance = np.linalg.norm(self.means - target, axis=1)
        return tuple(self.names[number] for number in np.argsort(distance, kind="stable")[:amount])
