"""Where the features of some audio lie: small, quick to send to a worker, and of no other audio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sabench.features.shards import File, Shard


@dataclass(frozen=True)
class Places:
    """The places of arrays in the shards of one folder.

    Attributes:
        files: the shards, in the state that they were in.
        file: which of them each array lies in, shape `(n,)`.
        offset: the byte at which each array begins, shape `(n,)`.
        shape: of each array, shape `(n, n_dimensions)`.
    """

    files: tuple[File, ...]
    file: np.ndarray
    offset: np.ndarray
    shape: np.ndarray

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of every array."""
        return [tuple(shape) for shape in self.shape.tolist()]

    @property
    def is_matrix(self) -> bool:
        """Whether all arrays have one dimension and one shape: functionals."""
        return len(self.shape) > 0 and self.shape.shape[1] == 1 and bool((self.shape == self.shape[0]).all())

    def take(self, rows: np.ndarray) -> Places:
        """Return the places at the given positions, with the files that they lie in and no others."""
        used, file = np.unique(self.file[rows], return_inverse=True)
        files = tuple(self.files[number] for number in used)
        return Places(files, file.reshape(-1), self.offset[rows], self.shape[rows])


def places_of(located: list[tuple[Shard, int, tuple[int, ...]]]) -> Places:
    """Return places from the shard, offset and shape of every array."""
    numbers = {shard: number for number, shard in enumerate(dict.fromkeys(shard for shard, _, _ in located))}
    return Places(
        tuple(shard.file for shard in numbers),
        np.array([numbers[shard] for shard, _, _ in located], dtype=np.int64),
        np.array([offset for _, offset, _ in located], dtype=np.int64),
        np.array([shape for _, _, shape in located], dtype=np.int64).reshape(len(located), -1),
    )
