"""The classifiers that these methods adapt: those of `svm` and `logreg`, on functionals standardised in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from sabench import FeatureView, Utterances
from sabench_plugins.unlabelled.priors import with_prior

Kind = Literal["svm", "logreg"]
"""As `svm` and `logreg` with their defaults."""

LIBRARIES: Final = ("sklearn.preprocessing", "sklearn.svm", "sklearn.linear_model", "scipy.special")


def fitted(kind: Kind, train: Utterances, weight: np.ndarray | None = None) -> Classifier:
    """Fit scaler and classifier, classes weighted by inverse frequency.

    Args:
        kind: which classifier.
        train: labelled utterances.
        weight: of every utterance, shape `(n,)`; those of weight 0 take no part. The scaler knows all of them and no
            weights.
    """
    from sklearn.preprocessing import StandardScaler

    X = train.features.stack()
    scaler = StandardScaler().fit(X)
    weights = np.ones(len(train)) if weight is None else weight
    kept = weights > 0
    model = _unfitted(kind).fit(scaler.transform(X[kept]), train.y[kept], sample_weight=weights[kept])
    return Classifier(scaler, model, len(train.classes))


def _unfitted(kind: Kind) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    if kind == "svm":
        return SVC(class_weight="balanced", cache_size=500)
    return LogisticRegression(class_weight="balanced", max_iter=2000)


@dataclass(frozen=True)
class Classifier:
    """A fitted scaler and classifier.

    Attributes:
        scaler: of scikit-learn, fitted.
        model: of scikit-learn, fitted; it need not know every class.
        n_classes: how many there are.
    """

    scaler: Any
    model: Any
    n_classes: int

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`: the softmax of scores; a class absent from training has probability 0."""
        from scipy.special import softmax

        probabilities = np.zeros((len(features), self.n_classes))
        if len(features):
            scores = self.model.decision_function(self.scaler.transform(features.stack())).astype(np.float64)
            if scores.ndim == 1:  # two classes: one score, positive for the second
                scores = np.stack([np.zeros_like(scores), scores], axis=1)
            probabilities[:, self.model.classes_] = softmax(scores, axis=1)
        return probabilities


@dataclass(frozen=True)
class Reweighted:
    """A classifier whose probabilities are moved from one class prior to another.

    Attributes:
        classifier: as it was trained.
        old: class prior of its training, shape `(n_classes,)`.
        new: that of the speaker, shape `(n_classes,)`.
    """

    classifier: Classifier
    old: np.ndarray
    new: np.ndarray

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`."""
        return with_prior(self.classifier.predict_proba(features), self.old, self.new)
