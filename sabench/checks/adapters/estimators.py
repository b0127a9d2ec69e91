"""Classifiers of an author's own behind `sabench.SklearnAdapter` are held to scikit-learn's contract too."""

from __future__ import annotations

import warnings
from typing import Any

from sabench.checks.check import check
from sabench.checks.subject import Subject
from sabench.interfaces.sklearn_adapter import SklearnAdapter


def _none_of_its_own(subject: Subject) -> str:
    if not isinstance(subject.plugin, SklearnAdapter):
        return "it is no sabench.SklearnAdapter"
    library = type(subject.fresh().estimator(seed=0)).__module__.partition(".")[0]
    return "its classifier comes from scikit-learn, which checks it" if library == "sklearn" else ""


@check("adapters", crash="has a classifier that breaks scikit-learn's contract", lacks=_none_of_its_own)
def its_classifier_is_one_of_scikit_learn(subject: Subject) -> None:
    """The adapter relies on `fit`, `predict_proba` and `classes_` being what scikit-learn says they are."""
    from sklearn.utils.estimator_checks import check_estimator

    classifier: Any = subject.fresh().estimator(seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # checks that scikit-learn itself leaves out are told as warnings
        check_estimator(classifier)


CHECKS = (its_classifier_is_one_of_scikit_learn,)
