"""Ranks to normal quantiles: the map of feature warping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sabench import FeatureView


@dataclass(frozen=True)
class Knots:
    """Where the map of one feature is known.

    Attributes:
        value: increasing values of the feature.
        quantile: what each becomes.
    """

    value: np.ndarray
    quantile: np.ndarray


def knots(values: np.ndarray, most: int) -> Knots:
    """Return at most `most` knots of a feature from a speaker's values, shape `(n,)`.

    >>> quantiles = knots(np.array([3.0, 1.0, 3.0, 5.0]), most=10)
    >>> quantiles.value.tolist(), quantiles.quantile.round(2).tolist()  # ranks 1, 2.5 and 4 of 4
    ([1.0, 3.0, 5.0], [-1.15, 0.0, 1.15])
    """
    from scipy.special import ndtri

    value, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    below = np.cumsum(counts) - counts
    share = (below + counts / 2) / len(values)  # the mean rank of ties, less 1/2, in N
    if len(value) > most:
        kept = np.unique(np.linspace(0, len(value) - 1, most).round().astype(np.int64))
        value, share = value[kept], share[kept]
    return Knots(value, ndtri(share))


@dataclass(frozen=True)
class Warp:
    """A transform: one increasing function a feature.

    Attributes:
        columns: where each is known.
        scale: change of a feature that counts as one, beyond what is known; shape `(width,)`.
    """

    columns: tuple[Knots, ...]
    scale: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, most: int, scale: np.ndarray) -> Warp:
        """Return the map of rows, shape `(n, width)`, that has at most `most` knots a feature."""
        return cls(tuple(knots(column, most) for column in rows.T), scale)

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the same shape, float32."""
        rows = np.asarray(array, dtype=np.float64).reshape(-1, array.shape[-1])
        warped = np.empty(rows.shape, dtype=np.float32)
        for number, (known, scale) in enumerate(zip(self.columns, self.scale, strict=True)):
            x = rows[:, number]
            beyond = x - np.clip(x, known.value[0], known.value[-1])
            warped[:, number] = np.interp(x, known.value, known.quantile) + beyond / scale
        return warped.reshape(array.shape)


def frames(features: FeatureView, most: int | None = None) -> np.ndarray:
    """Return utterances (functionals) or their frames (sequences), shape `(n, width)`.

    Where there are more than `most`, every so many-th frame of each utterance is taken.
    """
    stride = 1 if most is None else -(-int(features.lengths.sum()) // most)
    return np.concatenate([np.asarray(array).reshape(-1, array.shape[-1])[:: max(stride, 1)] for array in features])
