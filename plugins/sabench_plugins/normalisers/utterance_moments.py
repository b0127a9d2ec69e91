"""Mean and variance of every single utterance, from which those of any group of them follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sabench import FeatureView
from sabench_plugins.normalisers.moments import Moments, Standardise


@dataclass(frozen=True)
class UtteranceMoments:
    """Moments over the frames of each utterance; functionals are one frame.

    Attributes:
        count: frames, shape `(n,)`.
        mean: shape `(n, width)`.
        variance: shape `(n, width)`; 0 for functionals.
        framed: whether these are sequences.
    """

    count: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    framed: bool

    @classmethod
    def of(cls, features: FeatureView) -> UtteranceMoments:
        """Return the moments of at least one utterance, each read once."""
        count, mean, variance, framed = [], [], [], False
        for array in features:
            rows = np.asarray(array, dtype=np.float64).reshape(-1, array.shape[-1])
            framed = framed or array.ndim > 1
            count.append(len(rows))
            mean.append(rows.mean(axis=0))
            variance.append(rows.var(axis=0))
        return cls(np.array(count), np.array(mean), np.array(variance), framed)

    def __len__(self) -> int:
        return len(self.count)

    def take(self, rows: np.ndarray) -> UtteranceMoments:
        """Return some of the utterances, by positions or by a mask."""
        return UtteranceMoments(self.count[rows], self.mean[rows], self.variance[rows], self.framed)

    @property
    def share(self) -> np.ndarray:
        """Share of every utterance in all frames, shape `(n,)`."""
        return self.count / self.count.sum()

    def pooled(self) -> Moments:
        """Return the moments over all frames of all utterances."""
        mean = self.share @ self.mean
        variance = self.share @ (self.variance + (self.mean - mean) ** 2)
        return Moments(int(self.count.sum()), mean, variance)

    def behind(self, affine: Standardise) -> np.ndarray:
        """Return one row an utterance behind an affine map: its mean and, of sequences, its deviation too."""
        mean = (self.mean - affine.mean) / affine.scale
        return np.concatenate([mean, np.sqrt(self.variance) / affine.scale], axis=1) if self.framed else mean
