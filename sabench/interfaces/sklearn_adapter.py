"""Any scikit-learn classifier as an adapter: return it from `estimator`, and the rest is here."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sabench.interfaces.plugins import Adapter, Context, Predictor

if TYPE_CHECKING:
    from sabench.interfaces.views import Enrolment, FeatureView, Utterances


class SklearnAdapter(Adapter):
    """Features standardised over the training set, then a classifier; the target speaker is not adapted to.

    Subclasses return an unfitted classifier. Probabilities are those of the classifier where it has
    `predict_proba`, otherwise the softmax of its `decision_function`. Fitting again is so quick that
    no model is kept; a subclass that wants `sabench predict` overrides `save` and `load`.
    """

    libraries: ClassVar[tuple[str, ...]] = ("sklearn.pipeline", "sklearn.preprocessing", "scipy.special")

    @abstractmethod
    def estimator(self, seed: int) -> Any:
        """Return the unfitted classifier; give `seed` to it where it draws random numbers."""

    def fit(
        self,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        *,
        context: Context,
    ) -> None:
        """Fit scaler and classifier on functionals."""
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.n_classes_ = len(train.classes)
        self.pipeline_ = make_pipeline(StandardScaler(), self.estimator(context.seed))
        self.pipeline_.fit(train.features.stack(), train.y)

    def enrol(self, enrolment: Enrolment) -> Predictor:
        """Return the same classifier for every speaker."""
        return self.predictor(self.pipeline_)

    def predictor(self, pipeline: Any) -> SklearnPredictor:
        """Return how a fitted pipeline predicts, for subclasses that have one for each speaker."""
        return SklearnPredictor(pipeline, self.n_classes_)


@dataclass(frozen=True)
class SklearnPredictor:
    """A fitted pipeline that knows of classes which its training set lacked."""

    pipeline: Any
    n_classes: int

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`; a class absent from training has probability 0."""
        if not len(features):
            return np.zeros((0, self.n_classes))
        X = features.stack()
        probabilities = np.zeros((len(X), self.n_classes))
        probabilities[:, self.pipeline.classes_] = self._known(X)
        return probabilities

    def _known(self, X: np.ndarray) -> np.ndarray:
        if hasattr(self.pipeline, "predict_proba"):
            return np.asarray(self.pipeline.predict_proba(X))
        from scipy.special import softmax

        scores = np.asarray(self.pipeline.decision_function(X), dtype=np.float64)
        if scores.ndim == 1:  # two classes: one score, positive for the second
            scores = np.stack([np.zeros_like(scores), scores], axis=1)
        probabilities: np.ndarray = softmax(scores, axis=1)
        return probabilities
