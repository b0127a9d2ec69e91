"""Mean and spread of features over all axes but the last, read one array at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sabench import FeatureView


@dataclass(frozen=True)
class Moments:
    """Count, mean and variance of every bin or feature; float64, shape `(width,)`."""

    count: int
    mean: np.ndarray
    variance: np.ndarray

    @property
    def scale(self) -> np.ndarray:
        """Standard deviation, 1 where a feature does not vary."""
        deviation = np.sqrt(self.variance)
        return np.where(deviation > 1e-8 * np.maximum(1.0, np.abs(self.mean)), deviation, 1.0)


def moments(features: FeatureView) -> Moments:
    """Return the moments of a view with at least one array, by the pairwise update of Chan et al. (1979)."""
    count, mean, squares = 0, np.zeros(features.width), np.zeros(features.width)
    for array in features:
        rows = np.asarray(array, dtype=np.float64).reshape(-1, array.shape[-1])
        n, centre = len(rows), rows.mean(axis=0)
        delta = centre - mean
        total = count + n
        squares += ((rows - centre) ** 2).sum(axis=0) + delta**2 * count * n / total
        mean = mean + delta * n / total
        count = total
    return Moments(count, mean, squares / max(count, 1))


@dataclass(frozen=True)
class Standardise:
    """A transform: subtract a mean, divide by a scale; both of shape `(width,)`."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def by(cls, of: Moments) -> Standardise:
        """Return the transform that gives what has these moments mean 0 and, where it varies, deviation 1."""
        return cls(of.mean, of.scale)

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the same shape, float32."""
        return ((array - self.mean) / self.scale).astype(np.float32)


def same(array: np.ndarray) -> np.ndarray:
    """Return the array as it is: the identity transform."""
    return array


def save_arrays(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write named arrays as safetensors."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / "state.safetensors")


def load_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Read what `save_arrays` wrote."""
    from safetensors.numpy import load_file

    return load_file(folder / "state.safetensors")
