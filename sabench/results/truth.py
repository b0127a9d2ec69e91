"""What is true of the scored utterances of a protocol, and its card: read, and held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, FailFast, ValidationError

from sabench.hashing import digest
from sabench.machine.kept import NOTHING_ELSE, KeptFile, MiB, first_fault
from sabench.protocols import compact
from sabench.protocols.card import Card, Texts

_AGAIN = "Repeat the command of a run under this protocol: it writes the file again from the corpus."
LIMIT_BYTES = 64 * MiB
LIMIT_VALUES = 2_500_000
"""An utterance has three in the truth of its protocol: id, speaker, label."""


@dataclass(frozen=True)
class FoldTruth:
    """The scored utterances of a fold in the order of prediction: ids, speakers, indices of classes."""

    ids: Texts
    speaker: Texts
    labels: Annotated[list[int], FailFast()]

    @cached_property
    def speaker_names(self) -> np.ndarray:
        """Speakers, shape `(n,)`."""
        return np.array(self.speaker, dtype=np.str_)

    @cached_property
    def y(self) -> np.ndarray:
        """Indices of the true classes, shape `(n,)`."""
        return np.array(self.labels, dtype=np.int64)


@dataclass(frozen=True)
class Truth:
    """What is true under one protocol.

    Attributes:
        classes: labels in class order.
        folds: by name.
        gender: of each speaker of whom the corpus tells it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NOTHING_ELSE

    classes: Texts
    folds: Mapping[str, FoldTruth]
    gender: Mapping[str, str] = field(default_factory=dict)

    def fault(self, card: Card) -> str:
        """Return in what it differs from the card of its protocol, or contradicts itself; empty where all is well."""
        if self.classes != card.classes:
            return f"its classes are {', '.join(self.classes)}; the card of the protocol has {', '.join(card.classes)}"
        if list(self.folds) != [fold.name for fold in card.folds]:
            return "its folds are not those of the card of the protocol"
        for fold in card.folds:
            part = self.folds[fold.name]
            if not len(part.ids) == len(part.speaker) == len(part.labels):
                return f"fold {fold.name} has not one speaker and one label an utterance"
            if list(zip(part.speaker, part.ids, strict=True)) != list(card.predicted(fold)):
                return f"the utterances of fold {fold.name} are not those of the card of the protocol"
            if part.labels and not 0 <= min(part.labels) <= max(part.labels) < len(self.classes):
                return f"fold {fold.name} has a label that is no class"
        return ""


TRUTH: KeptFile[Truth] = KeptFile(Truth, _AGAIN, limit_bytes=LIMIT_BYTES, limit_values=LIMIT_VALUES)
_RAW_CARD: KeptFile[dict[str, Any]] = KeptFile(
    dict[str, Any], _AGAIN, limit_bytes=LIMIT_BYTES, limit_values=LIMIT_VALUES
)


@dataclass(frozen=True)
class KeptCard:
    """A protocol card, whole as its hash is of it, and its parts."""

    raw: dict[str, Any]
    parts: Card


def read_card(path: Path, protocol_hash: str) -> KeptCard | None:
    """Return the card of a protocol, or None where there is none.

    Raises:
        DamagedFile: it is not the card that the hash is of.
        UnreadableFile: it cannot be read now.
    """
    raw = _RAW_CARD.read(path)
    if raw is None:
        return None
    try:
        raw = compact.whole(raw)
        actual = digest(raw)
        parts = Card.model_validate(raw)
    except ValidationError as error:
        raise _RAW_CARD.damaged(str(path), first_fault(error)) from error
    except (ValueError, RecursionError) as error:
        raise _RAW_CARD.damaged(str(path), f"it holds what sabench never writes there ({error})") from error
    if actual != protocol_hash:
        raise _RAW_CARD.damaged(str(path), f"its hash is {actual}; the protocol's is {protocol_hash}")
    return KeptCard(raw, parts)


def read_truth(path: Path, card: Card) -> Truth | None:
    """Return what is true under a protocol, or None where there is no such file.

    Raises:
        DamagedFile: it is not what was written, or not the truth of this card.
        UnreadableFile: it cannot be read now.
    """
    truth = TRUTH.read(path)
    if truth is None:
        return None
    try:
        fault = truth.fault(card)
    except KeyError as error:
        fault = f"the card of the protocol says nothing of speaker {error}"
    if fault:
        raise TRUTH.damaged(str(path), fault)
    return truth
