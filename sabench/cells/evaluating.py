"""A fitted method and blind targets to probabilities, and the check that no row depends on the others."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sabench.cells.alone import AloneCopy, CannotBeSent
from sabench.cells.cell import Alone, BlindTarget, Evaluation
from sabench.cells.fitting import CellData, FittedMethod
from sabench.errors import ContractError
from sabench.interfaces.plugins import Predictor
from sabench.interfaces.views import FeatureView

log = logging.getLogger(__name__)

TOLERANCE = 1e-4
"""Largest difference between a row predicted in company, alone and reshuffled."""
_SAMPLE = 4
_CHECKED_TARGETS = 2


def evaluate(
    method: FittedMethod,
    evaluation: Evaluation,
    data: CellData,
    n_classes: int,
    *,
    threads: int = 1,
    alone: Alone = "none",
) -> np.ndarray:
    """Return probabilities of all targets, one after the other, shape `(n_scored, n_classes)`.

    Rows of the first targets are predicted again, alone, by a copy of the method; those that `alone` says in fresh
    processes, too.

    Raises:
        ContractError: wrong shape, NaN, rows that do not sum to one, rows that depend on each other, or an
            enrolment that depends on those before it.
    """
    method = with_evaluation_parameters(method, evaluation.parameters)
    copy_alone = None if alone == "none" else _copy_alone(method, threads)
    parts = [
        _predict(method, target, data, n_classes, check=number < _CHECKED_TARGETS)
        for number, target in enumerate(evaluation.targets)
    ]
    if not parts:
        return np.zeros((0, n_classes))
    _refuse_memory(method, evaluation.targets[0], data, parts[0])
    if copy_alone is not None:
        checked_targets = list(zip(evaluation.targets, parts, strict=True))[0 if alone == "every" else -1 :]
        for target, probabilities in checked_targets:
            _refuse_other_alone(copy_alone, method, target, data, probabilities, strict=alone == "every")
    return np.concatenate(parts)


def _copy_alone(method: FittedMethod, threads: int) -> AloneCopy | None:
    try:
        return AloneCopy(method, threads)
    except CannotBeSent as error:
        log.warning("%s cannot be sent to a fresh process: %s", type(method.adapter).__name__, error)
        return None


def _refuse_other_alone(
    copy_alone: AloneCopy,
    method: FittedMethod,
    target: BlindTarget,
    data: CellData,
    together: np.ndarray,
    *,
    strict: bool,
) -> None:
    """Raise where rows come out differently in a process that has seen nothing else of their speaker."""
    transductive = method.adapter.access.transductive
    rows = np.arange(len(together)) if strict or transductive else _sample(len(together), _SAMPLE)
    if not len(rows):
        return
    features, enrolment = data.features(target.rows[rows]), data.enrolment(target.enrolment)
    if transductive:  # it may look at all rows of a call, so that it is shown all of them
        alone = copy_alone.predict(enrolment, [features])[0]
    elif strict:
        alone = np.concatenate([copy_alone.predict(enrolment, [features[i : i + 1]])[0] for i in range(len(rows))])
    else:
        alone = np.concatenate(copy_alone.predict(enrolment, [features[i : i + 1] for i in range(len(rows))]))
    refuse_other_answers(type(method.adapter).__name__, together[rows], alone)


def refuse_other_answers(name: str, together: np.ndarray, alone: np.ndarray) -> None:
    """Raise where predictions of a fresh process differ from those that count.

    Raises:
        ContractError: with the largest difference.
    """
    difference = float(np.abs(alone - together).max()) if alone.shape == together.shape else float("inf")
    if not difference <= TOLERANCE:
        msg = (
            f"{name}: a prediction changes by {difference:.2g} when it is made in a fresh process, of an utterance "
            f"alone (allowed: {TOLERANCE:g}). A method that looks at all utterances of a target declares "
            "Access(unlabelled=ALL); none may keep what it saw in other calls."
        )
        raise ContractError(msg)


def with_evaluation_parameters(method: FittedMethod, parameters: Mapping[str, Any]) -> FittedMethod:
    """Return the same trained model under other evaluation parameters, which are plain attributes by contract."""
    if not parameters:
        return method
    adapter = copy.copy(method.adapter)
    for name, value in parameters.items():
        setattr(adapter, name, value)
    return FittedMethod(adapter, method.normaliser)


def _predict(method: FittedMethod, target: BlindTarget, data: CellData, n_classes: int, *, check: bool) -> np.ndarray:
    untouched = _copied(method) if check else method
    enrolment = data.enrolment(target.enrolment)
    predictor, transform = method.enrol(enrolment)
    features = data.features(target.rows)
    if transform is not None:
        features = features.map(transform)
    name = type(method.adapter).__name__
    probabilities = checked(predictor.predict_proba(features), len(features), n_classes, name)
    if check and not method.adapter.access.transductive:
        refuse_dependent_rows(untouched.enrol(enrolment)[0], features, probabilities, name)
    return probabilities


def _copied(method: FittedMethod) -> FittedMethod:
    """Return a copy that nobody has been enrolled with; the method itself where it cannot be copied."""
    try:
        return copy.deepcopy(method)
    except Exception:  # noqa: BLE001  (an adapter may hold what cannot be copied)
        return method


def _refuse_memory(method: FittedMethod, target: BlindTarget, data: CellData, before: np.ndarray) -> None:
    """Raise where the first target comes out differently once all have been enrolled: `enrol` leaves traces."""
    # A transductive adapter may look at all rows of a call, so that it is shown all of them again.
    sample = _sample(len(before), len(before) if method.adapter.access.transductive else _SAMPLE)
    features = data.features(target.rows[sample])
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
