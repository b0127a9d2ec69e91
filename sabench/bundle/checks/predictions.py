"""What the predictions of a bundle must agree with: the protocol card, the classes, and each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np

from sabench.bundle.content import Content
from sabench.bundle.rows import Rows
from sabench.errors import BundleError

_SUM_TOLERANCE: Final = 1e-3
"""How far probabilities of one utterance may be from a sum of one, as in `sabench.cells.evaluating`."""


_FEW: Final = 1000
"""So many missing utterances are looked for, to be named."""


def utterances(content: Content) -> None:
    """Check that every draw predicts each scored utterance of the protocol exactly once, and nothing else.

    Raises:
        BundleError: naming the utterance.
    """
    _refuse_more_than_predicted(content)
    scored = content.card.scored()
    fold_of = {name: fold for fold, name in scored}
    for rows in content.rows.values():
        if rows.classes != tuple(content.card.classes):
            msg = (
                f"{rows.name} has the classes {', '.join(rows.classes)}; "
                f"the protocol has {', '.join(content.card.classes)}, in this order."
            )
            raise BundleError(msg)
        _one_each(rows, fold_of)
        for fold, name, speaker in zip(rows.fold, rows.ids, rows.speaker, strict=True):
            if fold != fold_of[name]:
                msg = f"{rows.name}: utterance {name!r} stands in fold {fold}; the protocol has it in {fold_of[name]}."
                raise BundleError(msg)
            if speaker != scored[fold, name]:
                owner = scored[fold, name]
                msg = f"{rows.name}: utterance {name!r} is given to speaker {speaker!r}; the protocol says {owner!r}."
                raise BundleError(msg)


def _refuse_more_than_predicted(content: Content) -> None:
    """Refuse a card that scores more than the bundle predicts, before all of it is listed."""
    card = content.card
    n_scored = sum(len(card.speakers[speaker].scored) for fold in card.folds for speaker in fold.test)
    for rows in content.rows.values():
        if n_scored > 2 * len(rows.ids) + _FEW:
            msg = f"The protocol scores {n_scored:,} utterances, and {rows.name} predicts {len(rows.ids):,}."
            raise BundleError(msg)


def _one_each(rows: Rows, fold_of: Mapping[str, str]) -> None:
    count = Counter(rows.ids)
    for name in count.keys() - fold_of.keys():
        msg = f"{rows.name}: utterance {name!r} is predicted, and the protocol does not score it."
        raise BundleError(msg)
    missing = fold_of.keys() - count.keys()
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        msg = f"{rows.name}: utterance {min(missing)!r}{more} is scored by the protocol, and has no prediction."
        raise BundleError(msg)
    for name, times in count.items():
        if times > 1:
            msg = f"{rows.name}: utterance {name!r} is predicted {times} times; expected once."
            raise BundleError(msg)


def probabilities(content: Content) -> None:
    """Check that predictions are probabilities.

    Raises:
        BundleError: naming the utterance.
    """
    for rows in content.rows.values():
        values = rows.probabilities
        for wrong, what in (
            (~np.isfinite(values).all(axis=1), "has a probability that is not finite"),
            ((values < -1e-9).any(axis=1), "has a probability below zero"),
            (np.abs(values.sum(axis=1) - 1) > _SUM_TOLERANCE, "has probabilities that do not sum to one"),
        ):
            if wrong.any():
                at = int(wrong.argmax())
                shown = ", ".join(f"{value:.6g}" for value in values[at])
                msg = f"{rows.name}: utterance {rows.ids[at]!r} {what} ({shown})."
                raise BundleError(msg)


def labels(content: Content) -> None:
    """Check that the labels in a bundle are classes of the task and the same in every draw.

    Raises:
        BundleError: naming the utterance.
    """
    if len({rows.labels is None for rows in content.rows.values()}) > 1:
        msg = "Some draws of the bundle have labels and others have none; expected all or none."
        raise BundleError(msg)
    known: dict[str, str] = {}
    for rows in content.rows.values():
        for name, label in zip(rows.ids, rows.labels or (), strict=False):
            if label not in content.card.classes:
                msg = f"{rows.name}: utterance {name!r} has the label {label!r}, which is no class of the task."
                raise BundleError(msg)
            if known.setdefault(name, label) != label:
                msg = f"{rows.name}: utterance {name!r} is {label!r} here and {known[name]!r} in another draw."
                raise BundleError(msg)
