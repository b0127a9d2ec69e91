"""Similar speakers: for each target, training once more with those training speakers ahead who sound alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Context, Cost, Enrolment, Utterances, hookimpl
from sabench_plugins.kept_training import KeptTraining
from sabench_plugins.references import SRIDHAR_2022
from sabench_plugins.unlabelled import classifiers
from sabench_plugins.unlabelled.likeness import SpeakerMeans


class SimilarSpeakers(KeptTraining):
    """A classifier fitted anew for each speaker, with weight on training speakers who sound alike.

    Sridhar and Busso, "Unsupervised personalization of an emotion recognition system: the unique properties of the
    externalization of valence in speech", IEEE Transactions on Affective Computing 13, 2022: speakers of the training
    set with acoustic patterns like the target's make an adaptation set, which is used in one of three ways. Theirs is a
    network for valence that is adapted further; here a classifier is fitted anew [guess]. Likeness by mean functionals,
    how many speakers and the weights are [guess].

    * `unique-speaker`: only the similar speakers train. Where they lack a class, as many more as it takes.
    * `oversampling`: every utterance of theirs counts `strength` times.
    * `weighting`: the most similar speaker counts `strength` times, the next less, down to once behind the last.

    Args:
        classifier: `svm` or `logreg`, with their defaults.
        strategy: how the similar speakers are used.
        unlabelled: utterances of the speaker to find similar speakers by.
        speakers: how many similar speakers.
        strength: weight of their utterances; at 1 only `unique-speaker` does anything.
    """

    name = "similar-speakers"
    title = "classifier fitted anew, with weight on training speakers who sound alike"
    references = (SRIDHAR_2022,)
    adapts = "svm"
    libraries = classifiers.LIBRARIES
    keeps_speakers = True

    def __init__(
        self,
        classifier: Literal["svm", "logreg"] = "svm",
        strategy: Literal["weighting", "oversampling", "unique-speaker"] = "weighting",
        unlabelled: Annotated[int, Field(ge=1)] | Literal["all"] = 10,
        speakers: Annotated[int, Field(ge=1)] = 5,
        strength: Annotated[float, Field(ge=1)] = 3.0,
    ) -> None:
        self.classifier = classifier
        self.strategy = strategy
        self.unlabelled = unlabelled
        self.speakers = speakers
        self.strength = strength

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Keep the training set, and what its speakers sound like."""
        self.keep(train, context)
        self.train_ = train
        self.likeness_ = SpeakerMeans.of(train)

    def enrol(self, enrolment: Enrolment) -> classifiers.Classifier:
        """Fit with weight on the speakers who sound alike; with nothing enrolled all count the same."""
        order = self.likeness_.nearest(enrolment.unlabelled, len(self.likeness_.names))
        weight = self._weight_of_speakers(order) if order else dict.fromkeys(self.likeness_.names, 1.0)
        return classifiers.fitted(self.classifier, self.train_, np.array([weight[str(s)] for s in self.train_.speaker]))

    def _weight_of_speakers(self, order: tuple[str, ...]) -> dict[str, float]:
        """Return the weight of every training speaker; `order` has the nearest first."""
        if self.strategy == "unique-speaker":
            alone = self._all_classes(order)
            return {name: float(place < alone) for place, name in enumerate(order)}
        fading = self.strategy == "weighting"
        above = [(1 - place / self.speakers) if fading else 1.0 for place in range(self.speakers)]
        return {
            name: 1 + (self.strength - 1) * (above[place] if place < self.speakers else 0.0)
            for place, name in enumerate(order)
        }

    def _all_classes(self, order: tuple[str, ...]) -> int:
        """Return how many of the nearest speakers are taken until they show every class of the training set."""
        for amount in range(self.speakers, len(order)):
            rows = np.isin(self.train_.speaker.astype(str), order[:amount])
            if len(np.unique(self.train_.y[rows])) == len(np.unique(self.train_.y)):
                return amount
        return len(order)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate as for the support vector machine, for one target."""
        return Cost(seconds=0.1 + 6e-10 * len(lengths) ** 2 * max(width, 1))


@hookimpl
def sabench_adapters() -> dict[str, type[SimilarSpeakers]]:
    """Offer `similar-speakers`."""
    return {"similar-speakers": SimilarSpeakers}
