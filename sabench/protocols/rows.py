"""The utterances of a corpus by number, so that folds can be compared without going over names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


class Members(Sequence[str]):
    """Some utterances of a corpus, in corpus order: a bit each, since a corpus may have as many folds as speakers.

    >>> members = Members(("a", "b", "c"), np.array([True, False, True]))
    >>> len(members), list(members), "b" in members, members == ("a", "c")
    (2, ['a', 'c'], False, True)
    """

    __slots__ = ("_bits", "_n", "_names")

    def __init__(self, names: tuple[str, ...], mask: np.ndarray) -> None:
        self._names, self._bits, self._n = names, np.packbits(mask), int(mask.sum())

    @property
    def rows(self) -> np.ndarray:
        """Their positions in the corpus, int64."""
        return np.flatnonzero(np.unpackbits(self._bits, count=len(self._names)))

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[str]:
        return map(self._names.__getitem__, self.rows.tolist())

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: Any) -> Any:
        chosen = self.rows[index]
        return tuple(map(self._names.__getitem__, chosen.tolist())) if isinstance(index, slice) else self._names[chosen]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Members({len(self)} of {len(self._names)})"


@dataclass(frozen=True)
class CorpusRows:
    """Every utterance of a corpus, with its speaker and its audio as numbers.

    Attributes:
        names: ids, in corpus order.
        speakers: in sorted order.
        speaker: position of each utterance's speaker in `speakers`, shape `(n,)`.
        audio: a number for the decoded samples of each utterance, shape `(n,)`; copies have the same.
    """

    names: tuple[str, ...]
    speakers: tuple[str, ...]
    speaker: np.ndarray
    audio: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> CorpusRows:
        """Return the rows of a corpus table with digests."""
        speaker, speakers = _numbered(table["speaker"].tolist())
        audio, _ = _numbered(table["digest"].tolist())
        return cls(tuple(map(str, table["id"].tolist())), tuple(speakers), speaker, audio)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.speakers)}

    def rows(self, ids: Iterable[str]) -> np.ndarray:
        """Return the positions of utterances, in their order."""
        if isinstance(ids, Members):
            return ids.rows
        return np.fromiter(map(self._row_of.__getitem__, ids), dtype=np.int64)

    def of_speakers(self, names: Iterable[str]) -> Members:
        """Return all utterances of some speakers."""
        chosen = np.zeros(len(self.speakers), dtype=bool)
        chosen[[self._number_of[name] for name in names]] = True
        return Members(self.names, chosen[self.speaker])

    def speakers_of(self, ids: Iterable[str]) -> list[str]:
        """Return the speakers of utterances, in sorted order."""
        return [self.speakers[number] for number in np.unique(self.speaker[self.rows(ids)])]


def _numbered(values: Sequence[Any]) -> tuple[np.ndarray, list[str]]:
    """Return the position of every value among the sorted different ones, and these."""
    texts = list(map(str, values))
    different = sorted(set(texts))
    number = {text: position for position, text in enumerate(different)}
    return np.fromiter(map(number.__getitem__, texts), dtype=np.int64, count=len(texts)), different
