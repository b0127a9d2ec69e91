"""What a predictor returns: probabilities in class order, a row an utterance, each row by itself."""

from __future__ import annotations

from itertools import permutations
from typing import Final

import numpy as np

from sabench.cells.alone import AloneCopy, CannotBeSent
from sabench.cells.evaluating import TOLERANCE
from sabench.cells.fitting import FittedMethod
from sabench.checks.adapters.trial import TARGET, difference, fitted, held, kind_of, predicted, refuse_difference
from sabench.checks.check import NotApplicable, check, refuse
from sabench.checks.speech import CLASSES, enrolment_of, speech
from sabench.checks.subject import Subject
from sabench.interfaces.views import FeatureView, Utterances

LEARNT: Final = 0.6
"""Mean recall from which on a method has learnt the easy task, under whatever order of its columns."""


@check("adapters", crash="cannot predict", basic=True)
def probabilities_have_the_promised_shape(subject: Subject) -> None:
    """Scores are computed from one row an utterance and one column a class, finite and summing to one."""
    own = speech(kind_of(subject), [TARGET])
    adapter = fitted(subject)
    predictor = adapter.enrol(enrolment_of(own, adapter.access))
    held(subject, predictor.predict_proba(own.features), own)
    held(subject, predictor.predict_proba(own.features[:1]), own, n=1)


@check("adapters", crash="cannot learn three easy classes")
def columns_are_in_class_order(subject: Subject) -> None:
    """A column stands for `classes[column]`; sorted or counted otherwise, every score is that of other classes."""
    own = speech(kind_of(subject), [TARGET])
    probabilities = predicted(subject, fitted(subject), own)
    recalls = {order: _mean_recall(probabilities[:, list(order)], own.y) for order in permutations(range(len(CLASSES)))}
    best = max(recalls, key=lambda order: recalls[order])
    straight = tuple(range(len(CLASSES)))
    if recalls[best] < LEARNT:
        raise NotApplicable(
            f"it learns too little of an easy task under these parameters ({recalls[best]:.0%}) to tell"
        )
    if recalls[best] > recalls[straight] + 0.2:
        columns = [""] * len(CLASSES)
        for place, column in enumerate(best):
            columns[column] = CLASSES[place]
        refuse(
            subject, [f"gives its columns in the order {', '.join(columns)}; the class order is {', '.join(CLASSES)}"]
        )


def _mean_recall(probabilities: np.ndarray, y: np.ndarray) -> float:
    right = probabilities.argmax(axis=1) == y
    return float(np.mean([right[y == label].mean() for label in np.unique(y)]))


def _transductive(subject: Subject) -> str:
    access = subject.plugin.access  # type: ignore[attr-defined]  # an adapter
    return "it declares itself transductive" if access.transductive else ""


@check("adapters", crash="cannot predict utterances in another order", lacks=_transductive)
def order_of_test_utterances_changes_nothing(subject: Subject) -> None:
    """A prediction that depends on what comes before it uses more of the speaker than the access declares."""
    own = speech(kind_of(subject), [TARGET])
    backwards = np.arange(len(own))[::-1]
    together, reshuffled = _answers(subject, own, own.features, own.features.take(backwards))
    _refuse(subject, together, reshuffled[backwards], "changes with the order of the utterances in a call")


@check("adapters", crash="cannot predict an utterance alone", lacks=_transductive)
def batch_of_test_utterances_changes_nothing(subject: Subject) -> None:
    """A prediction that depends on its company adapts to test data without saying so: hidden transduction."""
    own = speech(kind_of(subject), [TARGET])
    single = [own.features[row : row + 1] for row in range(4)]
    together, *alone = _answers(subject, own, own.features, *single)
    _refuse(subject, together[:4], np.concatenate(alone), "changes with the other utterances in the same call")


@check("adapters", crash="cannot predict in a fresh process")
def nothing_kept_from_other_calls_changes_a_prediction(subject: Subject) -> None:
    """What a method keeps in its module, of other calls or other folds, is more of the speaker than it declares."""
    own = speech(kind_of(subject), [TARGET])
    adapter = fitted(subject)
    enrolment = enrolment_of(own, adapter.access)
    try:
        copy_alone = AloneCopy(FittedMethod(adapter, None), threads=1)
        calls = [own.features] if adapter.access.transductive else [own.features[row : row + 1] for row in range(4)]
        together = held(subject, adapter.enrol(enrolment).predict_proba(own.features), own)
        alone = np.concatenate(copy_alone.predict(enrolment, calls))
    except CannotBeSent as error:
        raise NotApplicable(f"it cannot be sent to another process ({error})") from error
    refuse_difference(subject, together[: len(alone)], alone, "predicts otherwise in a fresh process", TOLERANCE)


def _answers(subject: Subject, own: Utterances, *calls: FeatureView) -> list[np.ndarray]:
    """Return what one predictor says in several calls."""
    adapter = fitted(subject)
    predictor = adapter.enrol(enrolment_of(own, adapter.access))
    return [held(subject, predictor.predict_proba(features), own, len(features)) for features in calls]


def _refuse(subject: Subject, one: np.ndarray, other: np.ndarray, how: str) -> None:
    largest = difference(one, other)
    if not largest <= TOLERANCE:
        advice = "declare Access(unlabelled=ALL) if it is meant to look at all of them"
        refuse(subject, [f"gives an utterance a prediction that {how} (by up to {largest:.2g}); {advice}"])


CHECKS = (
    probabilities_have_the_promised_shape,
    columns_are_in_class_order,
    order_of_test_utterances_changes_nothing,
    batch_of_test_utterances_changes_nothing,
    nothing_kept_from_other_calls_changes_a_prediction,
)
