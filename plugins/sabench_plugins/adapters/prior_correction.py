"""Prior correction: how often a speaker shows each emotion, re-estimated without labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Context, Cost, Enrolment, Utterances, hookimpl
from sabench_plugins.kept_training import KeptTraining
from sabench_plugins.references import SAERENS_2002
from sabench_plugins.unlabelled import classifiers
from sabench_plugins.unlabelled.priors import reestimated


class PriorCorrection(KeptTraining):
    """A classifier whose class prior is re-estimated for each speaker by EM.

    Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities: a simple
    procedure", Neural Computation 14, 2002. No weight of the classifier changes. The prior that it was trained
    under counts as uniform, since its classes are weighted by inverse frequency [guess].

    What the correction improves is the share of utterances that are classified right. UAR counts every class alike,
    whatever a speaker's prior, so that a right correction can cost UAR. The margins of a support vector machine are no
    calibrated probabilities, which EM takes them for.

    Args:
        classifier: `logreg` or `svm`, with their defaults.
        unlabelled: utterances of the speaker to estimate from; `all` takes every one.
    """

    name = "prior-correction"
    title = "class prior of each speaker re-estimated by EM"
    references = (SAERENS_2002,)
    adapts = "logreg"
    libraries = classifiers.LIBRARIES

    def __init__(
        self,
        classifier: Literal["logreg", "svm"] = "logreg",
        unlabelled: Annotated[int, Field(ge=1)] | Literal["all"] = "all",
    ) -> None:
        self.classifier = classifier
        self.unlabelled = unlabelled

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Fit the classifier."""
        self.keep(train, context)
        self.fitted_ = classifiers.fitted(self.classifier, train)
        self.prior_ = np.full(len(train.classes), 1 / len(train.classes))

    def enrol(self, enrolment: Enrolment) -> classifiers.Reweighted:
        """Re-estimate the speaker's prior."""
        posteriors = self.fitted_.predict_proba(enrolment.unlabelled)
        return classifiers.Reweighted(self.fitted_, self.prior_, reestimated(posteriors, self.prior_))

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate as for the support vector machine."""
        return Cost(seconds=0.1 + 6e-10 * len(lengths) ** 2 * max(width, 1))


@hookimpl
def sabench_adapters() -> dict[str, type[PriorCorrection]]:
    """Offer `prior-correction`."""
    return {"prior-correction": PriorCorrection}
