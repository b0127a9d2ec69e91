"""A protocol card as files hold it: where folds train on nearly all speakers, those left out are named instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sabench.errors import PlanError

TRAINING: Final = "training_speakers"
"""The key of everyone who trains in some fold, in sorted order; a whole card does not have it."""
ALL_BUT: Final = "all_but"
LETTERS: Final = 128 * 2**20
"""Of the training speakers of all folds together, once each fold names its own: LOSO over some 2,500 speakers."""
PER_NAME: Final = 8
"""Letters that each name counts in addition, as a short one, too, has its place in a list."""


def compact(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card with the training speakers of its folds named by who is missing, or as it is where that is longer.

    >>> folds = [{"name": n, "train": [m for m in "abcdef" if m != n], "validation": [], "test": [n]} for n in "abcdef"]
    >>> compact({"folds": folds})["training_speakers"], compact({"folds": folds})["folds"][0]["train"]
    (['a', 'b', 'c', 'd', 'e', 'f'], {'all_but': ['a']})
    >>> whole(compact({"folds": folds})) == {"folds": folds}
    True

    Raises:
        PlanError: its folds train on more speakers together than `whole` gives back.
    """
    sides = [set(fold["train"]) for fold in card["folds"]]
    training = sorted(set().union(*sides))
    left_out = [[name for name in training if name not in side] for side in sides]
    exact = all(
        fold["train"] == [name for name in training if name in side]
        for fold, side in zip(card["folds"], sides, strict=True)
    )
    if not exact or len(training) + sum(map(len, left_out)) >= sum(map(len, sides)):
        return dict(card)
    if _letters(training, len(sides)) > LETTERS:
        msg = (
            f"{len(sides):,} folds that train on nearly all of {len(training):,} speakers name more of them together "
            "than results can hold. Take fewer folds, such as --protocol speaker-kfold:10."
        )
        raise PlanError(msg)
    folds = [{**fold, "train": {ALL_BUT: names}} for fold, names in zip(card["folds"], left_out, strict=True)]
    return {**card, TRAINING: training, "folds": folds}


def whole(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card with the training speakers of every fold, as it is hashed; a whole one is returned as it is.

    Args:
        card: as a file holds it, and as anybody may have written it.

    Raises:
        ValueError: it says nothing that `compact` writes; or its few bytes stand for more names than `LETTERS` admits.
    """
    if TRAINING not in card:
        return dict(card)
    training, folds = _texts(card[TRAINING], TRAINING), card.get("folds")
    if not isinstance(folds, list) or _letters(training, len(folds)) > LETTERS:
        msg = "its folds are no list, or train on more speakers together than results can hold"
        raise ValueError(msg)
    known = frozenset(training)
    named = {**card, "folds": [_with_names(fold, training, known) for fold in folds]}
    del named[TRAINING]
    return named


def _letters(training: Collection[str], folds: int) -> int:
    return folds * (sum(map(len, training)) + PER_NAME * len(training))


def _with_names(fold: Any, training: list[str], known: frozenset[str]) -> dict[str, Any]:
    train = fold.get("train") if isinstance(fold, dict) else None
    if not isinstance(train, dict) or train.keys() != {ALL_BUT}:
        msg = f"a fold does not say by {ALL_BUT!r} who of {TRAINING!r} does not train"
        raise ValueError(msg)
    left_out = frozenset(_texts(train[ALL_BUT], ALL_BUT))
    if not left_out <= known:
        msg = f"{ALL_BUT!r} names {min(left_out - known)!r}, who is not in {TRAINING!r}"
        raise ValueError(msg)
    return {**fold, "train": [name for name in training if name not in left_out]}


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        msg = f"{name!r} is no list of names"
        raise ValueError(msg)
    return value
