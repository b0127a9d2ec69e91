"""A fold, its target speakers, and the rule of their pools: the frozen records of a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sabench.hashing import shuffled


@dataclass(frozen=True)
class Target:
    """A speaker outside training: what is scored, and what is reserved for enrolment, in draw order."""

    speaker: str
    scored: tuple[str, ...]
    neutral: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fold:
    """One split: ids to train on, speakers to validate on, speakers to score."""

    name: str
    train: Sequence[str]
    validation: tuple[Target, ...]
    test: tuple[Target, ...]


@dataclass(frozen=True)
class PoolRule:
    """How many utterances a protocol reserves per target speaker.

    Attributes:
        neutral: the first so many neutral utterances in corpus order; reserved before the others.
        unlabelled: so many by a hash of ids, blind to class among what may still be reserved.
        labelled: so many by another hash of ids, likewise.
        scored_too: leave the pool in the scored set (the seed's variant); another protocol hash.
        require: drop the speakers who cannot supply the pool, for all methods alike.
    """

    neutral: int = 1
    unlabelled: int = 0
    labelled: int = 0
    scored_too: bool = False
    require: bool = False

    @classmethod
    def parse(cls, text: str) -> PoolRule:
        """Read `neutral=5,unlabelled=10,scored-too,require`.

        >>> PoolRule.parse("neutral=0,scored-too")
        PoolRule(neutral=0, unlabelled=0, labelled=0, scored_too=True, require=False)

        Raises:
            ValueError: a word that a pool rule does not have, or a number that is none.
        """
        values: dict[str, int | bool] = {}
        for item in filter(None, (part.strip() for part in text.split(","))):
            key, equals, number = item.replace("-", "_").partition("=")
            counted = key in ("neutral", "unlabelled", "labelled") and number.isdecimal()
            flag = key in ("scored_too", "require") and not equals
            if not (counted or flag):
                msg = (
                    f"{item!r} is no pool rule; write for example neutral=5,unlabelled=10,labelled=0,scored-too,require"
                )
                raise ValueError(msg)
            values[key] = int(number) if counted else True
        return cls(**values)  # type: ignore[arg-type]  # numbers and flags, each checked above


def order_of_prediction(scored: Iterable[str]) -> list[str]:
    """Return the scored ids of a target in the order in which they are predicted, which tells nothing of labels."""
    return shuffled(scored, "order")
