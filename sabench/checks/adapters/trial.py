"""Fits and predictions of an adapter as the harness would make them, small and in this process."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sabench.cells.evaluating import checked
from sabench.checks.check import refuse
from sabench.checks.speech import enrolment_of, speech
from sabench.checks.subject import Subject
from sabench.errors import CheckFailure, ContractError
from sabench.interfaces.plugins import Adapter, Context
from sabench.interfaces.views import Enrolment, FeatureView, Utterances

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Checkpoint

SAME: Final = 1e-6
"""Largest difference between probabilities that should be the same."""
TARGET: Final = 3
OTHER: Final = 4
"""Numbers of speakers that are not in training."""


class CheckCheckpoint:
    """A checkpoint in memory that counts how often it was saved."""

    def __init__(self) -> None:
        self.saved = 0
        self._content: tuple[dict[str, np.ndarray], dict[str, Any]] | None = None

    def save(self, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
        """Keep a copy."""
        self._content = {name: np.array(array) for name, array in arrays.items()}, dict(state)
        self.saved += 1

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Return what was kept last."""
        return self._content


def kind_of(subject: Subject) -> str:
    """Return the kind of features that an adapter is checked on: the first that it accepts."""
    return str(subject.plugin.accepts[0])  # type: ignore[attr-defined]  # checks of adapters see adapters


def fitted(subject: Subject) -> Adapter:
    """Return an adapter fitted in the usual way; each caller gets a copy of its own."""
    if "fitted" not in subject.kept:
        subject.kept["fitted"] = fitted_anew(subject)
    try:
        return copy.deepcopy(subject.kept["fitted"])  # type: ignore[no-any-return]  # shared by all kinds
    except Exception:  # noqa: BLE001  (an adapter may hold what cannot be copied; it is fitted once more)
        return fitted_anew(subject)


def fitted_anew(
    subject: Subject,
    train: Utterances | None = None,
    *,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    adapter: Adapter | None = None,
) -> Adapter:
    """Return a fresh adapter after `fit`, validated on another speaker where it wants that."""
    adapter = adapter or subject.fresh()
    kind = kind_of(subject)
    validation = [validated(adapter, speech(kind, [OTHER], take=1))] if adapter.uses_validation else []
    fit(adapter, speech(kind) if train is None else train, validation, seed=seed, checkpoint=checkpoint)
    return adapter


def validated(adapter: Adapter, own: Utterances) -> tuple[Enrolment, Utterances]:
    """Return a validation speaker, enrolled as targets are."""
    return enrolment_of(own, adapter.access), own


def fit(
    adapter: Adapter,
    train: Utterances,
    validation: Sequence[tuple[Enrolment, Utterances]] = (),
    *,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
) -> None:
    """Fit an adapter as a cell does."""
    context = Context(seed, "cpu", 1, _unheard, checkpoint or CheckCheckpoint())
    adapter.fit(train, validation, context=context)


def predicted(
    subject: Subject, adapter: Adapter, own: Utterances, *, features: FeatureView | None = None
) -> np.ndarray:
    """Return probabilities of a target's utterances, after enrolling it with what the access declares."""
    predictor = adapter.enrol(enrolment_of(own, adapter.access))
    wanted = own.features if features is None else features
    return held(subject, predictor.predict_proba(wanted), own, len(wanted))


def held(subject: Subject, probabilities: Any, own: Utterances, n: int | None = None) -> np.ndarray:
    """Return probabilities once they have the promised shape, are finite and sum to one.

    Raises:
        CheckFailure: they have not.
    """
    try:
        return checked(probabilities, len(own) if n is None else n, len(own.classes), subject.title)
    except ContractError as error:
        raise CheckFailure(str(error)) from error


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference between two arrays; infinite where their shapes differ."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one - other).max()) if one.size else 0.0


def refuse_difference(subject: Subject, one: np.ndarray, other: np.ndarray, sentence: str, most: float = SAME) -> None:
    """Raise where two arrays differ by more than `most`; the sentence says because of what."""
    largest = difference(one, other)
    if not largest <= most:
        refuse(subject, [f"{sentence} (by up to {largest:.2g}; allowed {most:g})"])


def _unheard(**values: float) -> None:
    """Take a line of an epoch that nobody follows."""
