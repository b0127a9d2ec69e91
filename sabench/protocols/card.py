"""A protocol card as it is read back: from a results folder, a bundle, or a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast

from sabench.protocols.folds import order_of_prediction

Texts = Annotated[list[str], FailFast()]
"""Checked to the first fault: a stranger's list may have millions."""


class CardFold(BaseModel):
    """A fold of a protocol card."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    train: Texts
    validation: Texts
    test: Texts


class CardSpeaker(BaseModel):
    """What a protocol card says of a speaker outside training: ids reserved, ids scored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    neutral: Texts
    unlabelled: Texts
    labelled: Texts
    scored: Texts


class CardPart(BaseModel):
    """What a protocol card says of one of the corpora that are trained on or tested: its task, classes by label."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    task: str
    labels: dict[str, str]


class Card(BaseModel):
    """The parts of a protocol card that results are held against; see `sabench.protocols.protocol`."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    dataset: str
    task: str
    classes: Texts
    corpus: str
    simulated: dict[str, Any] | None
    protocol: str
    pool: dict[str, Any]
    notes: Texts = []
    folds: Annotated[list[CardFold], FailFast()]
    speakers: dict[str, CardSpeaker]
    joined: dict[str, CardPart] | None = None

    def scored(self) -> dict[tuple[str, str], str]:
        """Return the speaker of every scored utterance, by fold and id."""
        return {
            (fold.name, name): speaker
            for fold in self.folds
            for speaker in fold.test
            for name in self.speakers[speaker].scored
        }

    def predicted(self, fold: CardFold) -> Iterator[tuple[str, str]]:
        """Yield speaker and id of the scored utterances of a fold in the order in which they are predicted.

        Raises:
            KeyError: a target speaker of whom the card says nothing.
        """
        for speaker in fold.test:
            for name in order_of_prediction(self.speakers[speaker].scored):
                yield speaker, name
