"""Label calibration: a speaker's class prior is that of the training speakers who sound alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Context, Cost, Enrolment, Utterances, hookimpl
from sabench_plugins.kept_training import KeptTraining
from sabench_plugins.references import TRAN_2023
from sabench_plugins.unlabelled import classifiers
from sabench_plugins.unlabelled.likeness import SpeakerMeans


class LabelCalibration(KeptTraining):
    """A classifier whose class prior is, for each speaker, that of similar training speakers.

    Tran, Yin and Soleymani, "Personalized adaptation with pre-trained speech encoders for continuous emotion
    recognition", Interspeech 2023: labels are distributed otherwise from speaker to speaker, and similar speakers of
    the training set tell how. They predict arousal, valence and dominance and learn speaker embeddings. Here are
    classes, and likeness is that of mean functionals [guess]. How many speakers, and the weight of the training set's
    prior beside theirs, are [guess] too.

    The shift is the one between the training set's prior and that of the similar speakers. Where all training
    speakers have the same share of every class, as in acted corpora, it does nothing.

    Args:
        classifier: `logreg` or `svm`, with their defaults.
        unlabelled: utterances of the speaker to find similar speakers by.
        speakers: how many similar speakers.
        smoothing: weight of the training set's prior, counted in utterances.
    """

    name = "label-calibration"
    title = "class prior taken from training speakers who sound alike"
    references = (TRAN_2023,)
    adapts = "logreg"
    libraries = classifiers.LIBRARIES
    keeps_speakers = True

    def __init__(
        self,
        classifier: Literal["logreg", "svm"] = "logreg",
        unlabelled: Annotated[int, Field(ge=1)] | Literal["all"] = 10,
        speakers: Annotated[int, Field(ge=1)] = 5,
        smoothing: Annotated[float, Field(ge=0)] = 10.0,
    ) -> None:
        self.classifier = classifier
        self.unlabelled = unlabelled
        self.speakers = speakers
        self.smoothing = smoothing

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Fit the classifier; keep what training speakers sound like and how often they show each class."""
        self.keep(train, context)
        self.fitted_ = classifiers.fitted(self.classifier, train)
        self.likeness_ = SpeakerMeans.of(train)
        self.counts_ = {
            name: np.bincount(train.y[rows], minlength=len(train.classes)) for name, rows in train.rows_of.items()
        }
        # One more utterance of every class: a class absent from training keeps a prior that can be divided by.
        total = sum(self.counts_.values(), np.ones(len(train.classes)))
        self.prior_ = total / total.sum()

    def enrol(self, enrolment: Enrolment) -> classifiers.Reweighted:
        """Take the prior of the speakers who sound alike."""
        alike = self.likeness_.nearest(enrolment.unlabelled, self.speakers)
        # A trace of the training set's prior stays, since without anybody alike there is nothing else.
        counts = sum((self.counts_[name] for name in alike), max(self.smoothing, 1e-6) * self.prior_)
        return classifiers.Reweighted(self.fitted_, self.prior_, counts / counts.sum())

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate as for the support vector machine."""
        return Cost(seconds=0.1 + 6e-10 * len(lengths) ** 2 * max(width, 1))


@hookimpl
def sabench_adapters() -> dict[str, type[LabelCalibration]]:
    """Offer `label-calibration`."""
    return {"label-calibration": LabelCalibration}
