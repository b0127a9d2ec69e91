"""Train on so many speakers and no more: what a method gains, against the number of speakers that it learns from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sabench.errors import PlanError
from sabench.hashing import shuffled

if TYPE_CHECKING:
    import pandas as pd

    from sabench.protocols.splits import Split

_SUFFIX: Final = re.compile(r"\+train-(\d+)(?=\+|$)")
_FEWEST: Final = 2


def named(name: str) -> tuple[str, int | None]:
    """Return a protocol's name without its number of training speakers, and that number; None where it has none.

    >>> named("loso+train-8"), named("loso")
    (('loso', 8), ('loso', None))

    Raises:
        PlanError: the number is too small to learn what speakers share.
    """
    match = _SUFFIX.search(name)
    if match is None:
        return name, None
    n_speakers = int(match[1])
    if n_speakers < _FEWEST:
        msg = f"{match[0][1:]} asks for {n_speakers} training speakers; at least {_FEWEST} are needed."
        raise PlanError(msg)
    return name[: match.start()] + name[match.end() :], n_speakers


def suffix(n_speakers: int | None) -> str:
    """Return what stands behind the name of a protocol.

    >>> suffix(8), suffix(None)
    ('+train-8', '')
    """
    return "" if n_speakers is None else f"+train-{n_speakers}"


def trained_on(split: Split, n_speakers: int, table: pd.DataFrame) -> Split:
    """Return a split with so many of its training speakers; of two numbers, the larger holds all of the smaller.

    Who is taken follows a hash of names; where the gender of all is known, genders come in turn by their shares.

    Raises:
        PlanError: the split has fewer.
    """
    if n_speakers > len(split.train):
        msg = (
            f"{n_speakers} training speakers were asked for; fold {split.name} has {len(split.train)}, apart from "
            "those who validate. Ask for fewer, or leave the number out for all."
        )
        raise PlanError(msg)
    order = _in_turn(shuffled(split.train, "training-speakers"), table)
    return replace(split, train=tuple(sorted(order[:n_speakers])))


def _in_turn(speakers: Sequence[str], table: pd.DataFrame) -> list[str]:
    known = table.dropna(subset=["gender"]).groupby("speaker")["gender"].first()
    if any(name not in known for name in speakers):
        return list(speakers)
    genders = [str(known[name]) for name in speakers]
    place = dict(zip(speakers, _places(genders), strict=True))
    return sorted(speakers, key=lambda name: place[name])


def _places(genders: Sequence[str]) -> Iterator[float]:
    """Yield for each how far down its gender's own list it stands, from 0 to 1."""
    sizes, seen = Counter(genders), Counter[str]()
    for gender in genders:
        yield (seen[gender] + 0.5) / sizes[gender]
        seen[gender] += 1
