"""A fitted method and blind targets to probabilities, and the check that no row depends on the others."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sabench.cells.cell import BlindTarget, Evaluation
from sabench.cells.fitting import CellData, FittedMethod
from sabench.errors import ContractError
from sabench.interfaces.plugins import Predictor
from sabench.interfaces.views import FeatureView

TOLERANCE = 1e-4
"""Largest difference between a row predicted in company, alone and reshuffled."""
_SAMPLE = 4
_CHECKED_TARGETS = 2


def evaluate(method: FittedMethod, evaluation: Evaluation, data: CellData, n_classes: int) -> np.ndarray:
    """Return probabilities of all targets, one after the other, shape `(n_scored, n_classes)`.

    Raises:
        ContractError: wrong shape, NaN, rows that do not sum to one, rows that depend on each other, or an
            enrolment that depends on those before it.
    """
    method = with_evaluation_parameters(method, evaluation.parameters)
    parts = [
        _predict(method, target, data, n_classes, check=number < _CHECKED_TARGETS)
        for number, target in enumerate(evaluation.targets)
    ]
    if not parts:
        return np.zeros((0, n_classes))
    _refuse_memory(method, evaluation.targets[0], data, parts[0])
    return np.concatenate(parts)


def with_evaluation_parameters(method: FittedMethod, parameters: Mapping[str, Any]) -> FittedMethod:
    """Return the same trained model under other evaluation parameters, which are plain attributes by contract."""
    if not parameters:
        return method
    adapter = copy.copy(method.adapter)
    for name, value in parameters.items():
        setattr(adapter, name, value)
    return FittedMethod(adapter, method.normaliser)


def _predict(method: FittedMethod, target: BlindTarget, data: CellData, n_classes: int, *, check: bool) -> np.ndarray:
    predictor, transform = method.enrol(data.enrolment(target.enrolment))
    features = data.features(target.rows)
    if transform is not None:
        features = features.map(transform)
    name = type(method.adapter).__name__
    probabilities = checked(predictor.predict_proba(features), len(features), n_classes, name)
    if check and not method.adapter.access.transductive:
        refuse_dependent_rows(predictor, features, probabilities, name)
    return probabilities


def _refuse_memory(method: FittedMethod, target: BlindTarget, data: CellData, before: np.ndarray) -> None:
    """Raise where the first target comes out differently once all have been enrolled: `enrol` leaves traces."""
    # A transductive adapter may look at all rows of a call, so that it is shown all of them again.
    sample = _sample(len(before), len(before) if method.adapter.access.transductive else _SAMPLE)
    features = data.features([target.rows[i] for i in sample])
    again = np.asarray(method.predict(data.enrolment(target.enrolment), features))
    difference = float(np.abs(again - before[sample]).max()) if len(sample) else 0.0
    if difference > TOLERANCE:
        msg = (
            f"{type(method.adapter).__name__}: enrolling the same speaker again changes a prediction by "
            f"{difference:.2g} (allowed: {TOLERANCE:g}). enrol() leaves the adapter unchanged, and draws random "
            "numbers from the seed of the fit alone."
        )
        raise ContractError(msg)


def _sample(n: int, size: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, num=min(size, n), dtype=np.int64))


def checked(probabilities: Any, n: int, n_classes: int, name: str) -> np.ndarray:
    """Return probabilities as float64 once they have the promised shape and sums.

    Raises:
        ContractError: saying what came.
    """
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape != (n, n_classes):
        msg = f"{name}.predict_proba gave shape {array.shape}; expected ({n}, {n_classes}): a row an utterance."
        raise ContractError(msg)
    if not np.isfinite(array).all():
        msg = f"{name}.predict_proba gave {int((~np.isfinite(array)).sum())} values that are not finite numbers."
        raise ContractError(msg)
    sums = array.sum(axis=1)
    if (array < -1e-9).any() or (np.abs(sums - 1) > 1e-3).any():
        worst = float(sums[np.abs(sums - 1).argmax()]) if n else 1.0
        msg = f"{name}.predict_proba gave rows that are no probabilities (a sum of {worst:.4g}); expected sums of 1."
        raise ContractError(msg)
    return array


def refuse_dependent_rows(
    predictor: Predictor, features: FeatureView, together: np.ndarray, name: str, *, sample: int = _SAMPLE
) -> None:
    """Raise where a sample comes out differently alone or reshuffled: hidden transduction.

    Raises:
        ContractError: with the largest difference.
    """
    rows = _sample(len(features), sample)
    if not len(rows):
        return
    alone = np.concatenate([np.asarray(predictor.predict_proba(features.take([row]))) for row in rows])
    backwards: Sequence[int] = rows[::-1].tolist()
    reshuffled = np.asarray(predictor.predict_proba(features.take(backwards)))[::-1]
    difference = max(float(np.abs(other - together[rows]).max()) for other in (alone, reshuffled))
    if difference > TOLERANCE:
        msg = (
            f"{name}: a prediction changes by {difference:.2g} when its utterance is predicted alone or in another "
            f"order (allowed: {TOLERANCE:g}). A method that looks at all utterances of a target declares "
            "Access(unlabelled=ALL)."
        )
        raise ContractError(msg)
