"""A corpus under a protocol, before a method looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sabench.hashing import shuffled
from sabench.interfaces.records import Corpus
from sabench.protocols.folds import Target, order_of_prediction
from sabench.protocols.protocol import Protocol
from sabench.protocols.rows import CorpusRows


@dataclass(frozen=True)
class SplitCorpus:
    """A prepared corpus under a protocol, with the look-ups that assembling needs."""

    corpus: Corpus
    protocol: Protocol
    rows: CorpusRows = field(init=False, repr=False)
    _by_id: dict[str, tuple[str, str, int, bool]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = self.corpus.table
        index = {label: number for number, label in enumerate(self.corpus.classes)}
        columns = (table["id"], table["digest"], table["speaker"], table["label"].map(index), table["neutral"])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        object.__setattr__(self, "_by_id", {row[0]: row[1:] for row in rows})
        object.__setattr__(self, "rows", CorpusRows.of(table))

    def digest(self, name: str) -> str:
        """Return the digest of an utterance."""
        return self._by_id[name][0]

    def speaker(self, name: str) -> str:
        """Return its speaker."""
        return self._by_id[name][1]

    def y(self, name: str) -> int:
        """Return the index of its class."""
        return self._by_id[name][2]

    def neutral(self, name: str) -> bool:
        """Return whether it may serve as neutral enrolment."""
        return self._by_id[name][3]

    def scored(self, target: Target) -> list[str]:
        """Return the scored ids of a target in the order in which they are predicted, which tells nothing."""
        return order_of_prediction(target.scored)

    @cached_property
    def classes(self) -> np.ndarray:
        """Index of the class of every utterance, in corpus order, shape `(n,)`."""
        return np.array([self.y(name) for name in self.rows.names], dtype=np.int64)

    @cached_property
    def neutrals(self) -> np.ndarray:
        """Whether every utterance may serve as neutral enrolment, in corpus order, shape `(n,)`."""
        return np.array([self.neutral(name) for name in self.rows.names], dtype=bool)

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """Shape of the probabilities of every fold: a row a scored utterance, a column a class."""
        n_classes = len(self.corpus.classes)
        return {fold.name: (sum(len(target.scored) for target in fold.test), n_classes) for fold in self.protocol.folds}

    def as_target(self, speaker: str, ids: Sequence[str]) -> Target:
        """Return a training speaker whose whole recordings are the pool: enrolled by the rule used for targets."""
        neutral = tuple(name for name in ids if self.neutral(name))
        return Target(
            speaker, tuple(ids), neutral, tuple(shuffled(ids, "unlabelled")), tuple(shuffled(ids, "labelled"))
        )

    def truth(self) -> dict[str, Any]:
        """Return what is true of every fold, in the order of prediction."""
        folds = {}
        for fold in self.protocol.folds:
            ids = [name for target in fold.test for name in self.scored(target)]
            folds[fold.name] = {
                "ids": ids,
                "speaker": [self.speaker(name) for name in ids],
                "labels": [self.y(name) for name in ids],
            }
        known = self.corpus.table.dropna(subset=["gender"]).drop_duplicates("speaker")
        gender = dict(zip(known["speaker"].tolist(), known["gender"].tolist(), strict=True))
        return {"classes": list(self.corpus.classes), "folds": folds, "gender": gender}
