"""Test on sentences that training did not hold: which sentences a fold holds out, and what that leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sabench.errors import LeakageError, PlanError, first_few
from sabench.hashing import shuffled
from sabench.protocols.folds import Fold, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

SUFFIX: Final = "+text-disjoint"
"""Behind the name of a protocol."""


def text_of(table: pd.DataFrame) -> dict[str, str]:
    """Return the sentence of every utterance.

    Raises:
        PlanError: the corpus does not say which sentence is said, or says it of some only.
    """
    if "text" not in table or table["text"].isna().any():
        n = len(table) if "text" not in table else int(table["text"].isna().sum())
        msg = (
            f"{SUFFIX[1:]} needs to know which sentence each utterance is; {n} of {len(table)} have none. "
            "Add a column 'text', one name a sentence, or leave the option out."
        )
        raise PlanError(msg)
    return dict(zip(table["id"], map(str, table["text"]), strict=True))


def halves(texts: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return sentences in two halves, by a hash of their names.

    Raises:
        PlanError: there is one sentence only.
    """
    order = shuffled(set(texts), "text-disjoint")
    if len(order) < 2:
        msg = f"{SUFFIX[1:]} needs two sentences; the corpus has {len(order)}."
        raise PlanError(msg)
    middle = len(order) // 2
    return set(order[:middle]), set(order[middle:])


def disjoint(fold: Fold, number: int, text: Mapping[str, str]) -> Fold:
    """Return a fold that scores one half of the sentences and learns from the other; halves alternate over folds.

    Enrolment stays as it is reserved. Validation speakers are scored on the sentences of training.
    """
    tested, trained = halves(text.values())[:: 1 if number % 2 == 0 else -1]

    def of(target: Target, texts: set[str]) -> Target:
        return replace(target, scored=tuple(i for i in target.scored if text[i] in texts))

    return replace(
        fold,
        train=tuple(i for i in fold.train if text[i] in trained),
        validation=tuple(of(target, trained) for target in fold.validation),
        test=tuple(of(target, tested) for target in fold.test),
    )


def refuse_shared(fold: Fold, text: Mapping[str, str]) -> None:
    """Raise where a scored sentence is one that training or validation has heard.

    Raises:
        LeakageError: naming sentences.
    """
    heard = {text[i] for i in (*fold.train, *(i for target in fold.validation for i in target.scored))}
    shared = sorted(heard & {text[i] for target in fold.test for i in target.scored})
    if shared:
        msg = f"Fold {fold.name}: sentences of the scored set are in training: {first_few(shared)}."
        raise LeakageError(msg)


def sharing(folds: Iterable[Fold], table: pd.DataFrame) -> str:
    """Return a sentence on how many scored utterances say a sentence of training; empty where none is known to."""
    if "text" not in table:
        return ""
    text = dict(zip(table["id"], table["text"], strict=True))
    scored = shared = 0
    for fold in folds:
        heard = {text[i] for i in fold.train} - {None}
        ids = [i for target in fold.test for i in target.scored]
        scored, shared = scored + len(ids), shared + sum(text[i] in heard for i in ids)
    if not shared:
        return ""
    return (
        f"{shared} of {scored} scored utterances say a sentence that training holds too; how much of a score is the "
        f"sentence, --text-disjoint shows."
    )
