"""The features of one extractor as they are handed on: a small record that opens its files where it is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from sabench.features.index import opened
from sabench.features.places import Places
from sabench.features.shards import DamagedShard
from sabench.interfaces.views import FeatureView, Matrix, Memory

_Read = TypeVar("_Read")
_FLOAT_BYTES: Final = 4


@dataclass(frozen=True)
class FeatureSet:
    """All features that one extractor with fixed parameters has computed; small, and cheap to send to a worker.

    Attributes:
        folder: where its shards are.
        name: registered name of the extractor.
        kind: `functionals` or `sequences`.
        places: where the features of some digests lie, so that a worker need not look for them.
    """

    folder: Path
    name: str
    kind: str
    places: Places | None = None

    def located(self, digests: Sequence[str]) -> FeatureSet:
        """Return the same features with the places of some digests, whose views are then made without an index.

        Raises:
            FeatureError: one is missing.
        """
        return replace(self, places=opened(self.folder).places(digests))

    def take(self, rows: np.ndarray) -> FeatureSet:
        """Return the located features at the given positions."""
        assert self.places is not None  # `located` came before
        return replace(self, places=self.places.take(rows))

    def view(self, digests: Sequence[str]) -> FeatureView:
        """Return the features of audio by its digests, in their order, read when asked for.

        Arrays are read-only. One that is not there raises `FeatureError` when its shape or values are asked for.
        Where places are known, the digests are those of `located`.
        """
        return FeatureView(self.stored(np.array(digests, dtype=np.bytes_)))

    def stored(self, digests: np.ndarray) -> Stored:
        """Return what `view` reads from."""
        return Stored(self.folder, digests, self.places)


class Stored:
    """A source over the store: shapes from the index, arrays copied from mapped files.

    Copies, since an array that is a window leads to all that its file holds.
    """

    def __init__(self, folder: Path, digests: np.ndarray, places: Places | None = None) -> None:
        self._folder, self._digests, self._located = folder, digests, places

    @property
    def _names(self) -> list[str]:
        names: list[str] = self._digests.astype(np.str_).tolist()
        return names

    @property
    def _places(self) -> Places:
        if self._located is None:
            self._located = opened(self._folder).places(self._names)
        return self._located

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of every array."""
        return self._places.shapes

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, position: int) -> np.ndarray:
        return _locked_copy(self._read([position])[0])

    def take(self, rows: np.ndarray) -> Stored:
        """Return a source over the given positions."""
        located = None if self._located is None else self._located.take(rows)
        return Stored(self._folder, self._digests[rows], located)

    def gathered(self) -> Matrix | Memory:
        """Return all arrays in memory, so that nothing leads to the store any more."""
        if self._places.is_matrix:
            return Matrix(self._again_where_moved(self._matrix))
        return Memory(map(_locked_copy, self._read(range(len(self)))))

    def _read(self, positions: Sequence[int]) -> list[np.ndarray]:
        """Return windows on mapped files."""
        return self._again_where_moved(lambda: self._windows(positions))

    def _again_where_moved(self, read: Callable[[], _Read]) -> _Read:
        """Return what is read, after another look where a shard was merged into another since it was located."""
        try:
            return read()
        except (FileNotFoundError, DamagedShard):
            index = opened(self._folder)
            index.refresh()
            self._located = index.places(self._names)
            return read()

    def _matrix(self) -> np.ndarray:
        """Return functionals as rows, gathered from each file at once."""
        places, width = self._places, int(self._places.shape[0, 0])
        rows = np.empty((len(self), width), dtype=np.float32)
        for number, file in enumerate(places.files):
            ours = np.flatnonzero(places.file == number)
            mapped = opened(self._folder).maps.get(file)
            offsets = places.offset[ours]
            start = int(offsets.min())
            values = np.frombuffer(mapped, np.float32, (int(offsets.max()) - start) // _FLOAT_BYTES + width, start)
            rows[ours] = np.lib.stride_tricks.sliding_window_view(values, width)[(offsets - start) // _FLOAT_BYTES]
        return rows

    def _windows(self, positions: Sequence[int]) -> list[np.ndarray]:
        places, shapes = self._places, self.shapes
        maps = [opened(self._folder).maps.get(file) for file in places.files]
        files, offsets = places.file.tolist(), places.offset.tolist()
        return [
            np.frombuffer(maps[files[i]], np.float32, math.prod(shapes[i]), offsets[i]).reshape(shapes[i])
            for i in positions
        ]

    def __reduce__(self) -> tuple[type[Stored], tuple[Path, np.ndarray, Places | None]]:
        return type(self), (self._folder, self._digests, self._located)


def _locked_copy(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.setflags(write=False)
    return copy
