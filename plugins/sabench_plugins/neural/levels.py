"""The level of neutral speech: mean frames, which a difference is taken to."""

from __future__ import annotations

import numpy as np

from sabench import FeatureView


def level_of(neutral: FeatureView) -> np.ndarray:
    """Return the mean over the frames of each utterance and then over utterances, shape `(bins,)`, float32."""
    means = [np.mean(array, axis=0) for array in neutral if len(array)]
    return np.mean(means, axis=0).astype(np.float32) if means else np.zeros(neutral.width, dtype=np.float32)


def levels_of(features: FeatureView, neutral: np.ndarray) -> np.ndarray:
    """Return the mean frame of every neutral training utterance, shape `(n + 1, bins)`, float32.

    Zeros stand in the rows of other utterances, which nobody asks for. The last row, which `NOBODY` (-1) points at,
    is the mean of them all.
    """
    levels = np.zeros((len(features) + 1, features.width), dtype=np.float32)
    for row in np.flatnonzero(neutral).tolist():
        levels[row] = level_of(features.take([row]))
    if neutral.any():
        levels[-1] = levels[:-1][neutral].mean(axis=0)
    return levels
