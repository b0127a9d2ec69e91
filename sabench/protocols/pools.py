"""Which utterances of a target speaker are reserved for enrolment, and which of them a draw hands over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sabench.hashing import shuffled
from sabench.interfaces.segments import sharers
from sabench.protocols.folds import PoolRule, Target

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Shortfall:
    """A speaker who supplies less than the pool asks for."""

    speaker: str
    kind: str
    wanted: int
    supplied: int

    def __str__(self) -> str:
        return f"{self.speaker} supplies {self.supplied} of {self.wanted} {self.kind}"


def reserve(table: pd.DataFrame, speaker: str, rule: PoolRule) -> tuple[Target, list[Shortfall]]:
    """Split one speaker's utterances into pools and scored set.

    Neutral utterances are the first ones in corpus order; unlabelled and labelled ones follow a hash
    of ids, blind to class. Never more than half of a speaker's neutral utterances are taken, never the
    last scored utterance of a class, and never one of which there is a copy or a segment that overlaps
    with it, as that would be scored; unless the pool is scored too and takes nothing away. The neutral
    pool is filled first, so that the others hold fewer neutral utterances beside it than alone.

    Args:
        table: all utterances of the speaker, in corpus order.
        speaker: the name.
        rule: how many to reserve.
    """
    keep = _Budget(table, rule)
    ids = list(table["id"])
    neutral = keep.take([i for i, flag in zip(ids, table["neutral"], strict=True) if flag], rule.neutral)
    unlabelled = keep.take(shuffled(ids, "unlabelled"), rule.unlabelled)
    labelled = keep.take(shuffled(ids, "labelled"), rule.labelled)
    reserved = set() if rule.scored_too else {*neutral, *unlabelled, *labelled}
    target = Target(
        speaker, tuple(i for i in ids if i not in reserved), tuple(neutral), tuple(unlabelled), tuple(labelled)
    )
    short = [
        Shortfall(speaker, kind, wanted, supplied)
        for kind, wanted, supplied in (
            ("neutral", rule.neutral, len(neutral)),
            ("unlabelled", rule.unlabelled, len(unlabelled)),
            ("labelled", rule.labelled, len(labelled)),
        )
        if supplied < wanted
    ]
    return target, short


def _copied(table: pd.DataFrame) -> set[str]:
    """Return the ids of utterances whose samples stand there more than once."""
    digests = table["digest"].tolist()
    copies = {digest for digest, count in Counter(digests).items() if count > 1}
    return {name for name, digest in zip(table["id"], digests, strict=True) if digest in copies} if copies else set()


class _Budget:
    """Counts what may still be taken from one speaker."""

    def __init__(self, table: pd.DataFrame, rule: PoolRule) -> None:
        self._label = dict(zip(table["id"], table["label"], strict=True))
        self._neutral = {i for i, flag in zip(table["id"], table["neutral"], strict=True) if flag}
        self._copied = _copied(table) | sharers(table).keys()
        self._left = Counter(table["label"].tolist())
        self._neutral_left = len(self._neutral) // 2
        self._taken: set[str] = set()
        self._free = rule.scored_too

    def take(self, candidates: Sequence[str], amount: int) -> list[str]:
        taken: list[str] = []
        for name in candidates:
            if len(taken) == amount:
                break
            if self._may(name):
                self._spend(name)
                taken.append(name)
        return taken

    def _may(self, name: str) -> bool:
        if name in self._taken:
            return False
        if self._free:
            return True
        if name in self._copied or (name in self._neutral and self._neutral_left < 1):
            return False
        return self._left[self._label[name]] > 1

    def _spend(self, name: str) -> None:
        self._taken.add(name)
        self._left[self._label[name]] -= 1
        self._neutral_left -= name in self._neutral
