"""The features of one extractor as they are handed on: a small record that opens its files where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sabench.features.index import opened
from sabench.interfaces.views import FeatureView


@dataclass(frozen=True)
class FeatureSet:
    """All features that one extractor with fixed parameters has computed; small, and cheap to send to a worker.

    Attributes:
        folder: where its shards are.
        name: registered name of the extractor.
        kind: `functionals` or `sequences`.
    """

    folder: Path
    name: str
    kind: str

    def view(self, digests: Sequence[str]) -> FeatureView:
        """Return the features of audio by its digests, in their order, read when asked for.

        Arrays are memory-mapped and read-only. One that is not there raises `FeatureError` when its
        shape or values are asked for.
        """
        return FeatureView(Stored(self.folder, tuple(digests)))


class Stored:
    """A source over the store: shapes from the index, arrays from mapped files."""

    def __init__(self, folder: Path, digests: tuple[str, ...]) -> None:
        self._folder = folder
        self._digests = digests

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of every array."""
        index = opened(self._folder)
        return [index.shape(digest) for digest in self._digests]

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, position: int) -> np.ndarray:
        return opened(self._folder).read(self._digests[position])

    def __reduce__(self) -> tuple[type[Stored], tuple[Path, tuple[str, ...]]]:
        return type(self), (self._folder, self._digests)
