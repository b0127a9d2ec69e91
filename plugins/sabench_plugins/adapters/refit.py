"""The plainest use of labels of the target speaker: fit again, with them among the training set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from sabench import Access, Context, Cost, Enrolment, Predictor, Utterances, hookimpl
from sabench_plugins.adapters.logreg import Logreg


class Refit(Logreg):
    """Logistic regression that is fitted again for each speaker, their labelled utterances weighted in.

    The baseline that every few-shot method has to beat. Features are standardised over training speakers.

    Args:
        C: inverse strength of the penalty.
        labelled: labelled utterances of the target speaker.
        weight: what one of them counts, in training utterances [guess].
    """

    name = "refit"
    title = "logistic regression, fitted again with the target's labels"
    adapts: ClassVar[str] = "logreg"

    def __init__(
        self,
        C: Annotated[float, Field(gt=0)] = 1.0,
        labelled: Annotated[int, Field(ge=0)] = 10,
        weight: Annotated[float, Field(gt=0)] = 20.0,
    ) -> None:
        super().__init__(C)
        self.labelled = labelled
        self.weight = weight

    @property
    def access(self) -> Access:
        """Labelled utterances."""
        return Access(labelled=self.labelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Fit the classifier that a speaker without labels gets, and keep what it was fitted on."""
        super().fit(train, validation, context=context)
        self.seed_ = context.seed
        self.X_, self.y_ = self.training_["X"], train.y

    def enrol(self, enrolment: Enrolment) -> Predictor:
        """Return the classifier of one speaker."""
        if not len(enrolment.labelled):
            return self.predictor(self.pipeline_)
        return self.predictor(self._fitted_with(enrolment))

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate two fits: the one without labels, and that of one target."""
        once = super().cost(lengths, width, n_classes, device=device, threads=threads)
        return Cost(seconds=2 * once.seconds)

    def _fitted_with(self, enrolment: Enrolment) -> Any:
        from sklearn.pipeline import make_pipeline

        scaler = self.pipeline_[0]
        classifier: Any = self.estimator(self.seed_)
        X = scaler.transform(np.concatenate([self.X_, enrolment.labelled.stack()]))
        weights = np.repeat([1.0, self.weight], [len(self.X_), len(enrolment.labelled)])
        classifier.fit(X, np.concatenate([self.y_, enrolment.labelled_y]), sample_weight=weights)
        return make_pipeline(scaler, classifier)


@hookimpl
def sabench_adapters() -> dict[str, type[Refit]]:
    """Offer `refit`."""
    return {"refit": Refit}
