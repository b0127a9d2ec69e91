"""Iterative feature normalisation: find a speaker's neutral speech, normalise by it, look again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Enrolment, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.moments import Standardise, load_arrays, same, save_arrays
from sabench_plugins.normalisers.speaker_prior import SpeakerPrior
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments
from sabench_plugins.references import BUSSO_2013


class IterativeFeatureNormalisation(Normaliser):
    """Normalises a speaker by the mean and deviation of utterances that a detector takes for neutral.

    Busso, Mariooryad, Metallinou and Narayanan, "Iterative feature normalization scheme for automatic emotion
    detection from speech", IEEE Transactions on Affective Computing 4(4), 2013, doi 10.1109/T-AFFC.2013.26: detect
    neutral speech, estimate an affine map from it, apply it to all utterances of the speaker, repeat until detection
    agrees with the time before. No label of the speaker is used; over all utterances (the default) it is transductive.

    That it stops at 5 % changed files and takes at least the most neutral 20 % of a speaker's files is
    [secondary], from a public reimplementation of the authors' ICASSP 2011 paper. [guess]: the detector is a logistic
    regression, trained on training speakers normalised by their true neutral speech; of sequences it sees mean and
    deviation over frames; mean and variance are drawn towards the training speakers' neutral ones, as in
    `speaker-zscore`, however many utterances there are; the first look is through the training speakers' neutral
    mean and deviation. With nothing enrolled the map is the identity; where training has no neutral speech, or
    nothing else, every utterance counts as neutral.

    Args:
        unlabelled: utterances of any emotion to look among; `all` takes every one.
        iterations: at most so many looks.
        change: stop once no larger share of utterances changes sides.
        least: take at least this share, the most neutral ones.
        threshold: probability from which an utterance is neutral.
        C: inverse strength of the detector's penalty.
    """

    name = "ifn"
    libraries = ("sklearn.linear_model",)
    title = "iterative normalisation by detected neutral speech"
    references = (BUSSO_2013,)
    version = "2"

    def __init__(
        self,
        unlabelled: Annotated[int, Field(ge=0)] | Literal["all"] = "all",
        iterations: Annotated[int, Field(ge=1)] = 20,
        change: Annotated[float, Field(ge=0, le=1)] = 0.05,
        least: Annotated[float, Field(gt=0, le=1)] = 0.2,
        threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5,
        C: Annotated[float, Field(gt=0)] = 0.1,
    ) -> None:
        self.unlabelled = unlabelled
        self.iterations = iterations
        self.change = change
        self.least = least
        self.threshold = threshold
        self.C = C

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances) -> None:
        """Learn the training speakers' neutral speech, and to detect it."""
        of_speaker = [
            (UtteranceMoments.of(train.features.take(rows)), train.neutral[rows]) for rows in train.rows_of.values()
        ]
        references = [view.take(neutral if neutral.any() else np.ones_like(neutral)) for view, neutral in of_speaker]
        self.prior_ = SpeakerPrior.of(references)
        X = np.concatenate(
            [view.behind(self._map(part)) for (view, _), part in zip(of_speaker, references, strict=True)]
        )
        self._train_detector(X, np.concatenate([neutral for _, neutral in of_speaker]))

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the affine map for one speaker."""
        if not len(enrolment.unlabelled):
            return same
        heard = UtteranceMoments.of(enrolment.unlabelled)
        neutral = self.detect(heard, Standardise.by(self.prior_.moments))
        for _ in range(self.iterations - 1):
            before, neutral = neutral, self.detect(heard, self._map(heard.take(neutral)))
            if (neutral != before).mean() <= self.change:
                break
        return self._map(heard.take(neutral))

    def detect(self, heard: UtteranceMoments, seen_through: Standardise) -> np.ndarray:
        """Return which utterances are taken for neutral, shape `(n,)`: those over the threshold, or `least` of all."""
        if not self.coefficients_.any():
            return np.ones(len(heard), dtype=bool)
        score = heard.behind(seen_through) @ self.coefficients_ + self.intercept_
        neutral = np.asarray(score >= np.log(self.threshold / (1 - self.threshold)))
        fewest = int(np.ceil(self.least * len(heard)))
        if neutral.sum() < fewest:
            neutral = np.zeros(len(heard), dtype=bool)
            neutral[np.argsort(-score, kind="stable")[:fewest]] = True
        return neutral

    def save(self, folder: Path) -> None:
        """Write the neutral speech and its detector."""
        detector = {"coefficients": self.coefficients_, "intercept": self.intercept_}
        save_arrays(folder, {**self.prior_.arrays, **detector})

    def load(self, folder: Path) -> None:
        """Read the neutral speech and its detector."""
        state = load_arrays(folder)
        self.prior_ = SpeakerPrior.from_arrays(state)
        self.coefficients_, self.intercept_ = state["coefficients"], state["intercept"]

    def _map(self, neutral: UtteranceMoments) -> Standardise:
        """Return the affine map by which some neutral utterances are normalised."""
        return Standardise.by(self.prior_.moments_of(neutral))

    def _train_detector(self, X: np.ndarray, neutral: np.ndarray) -> None:
        from sklearn.linear_model import LogisticRegression

        self.coefficients_, self.intercept_ = np.zeros(X.shape[1]), np.zeros(1)
        if neutral.any() and not neutral.all():
            detector = LogisticRegression(C=self.C, class_weight="balanced", max_iter=1000).fit(X, neutral)
            self.coefficients_, self.intercept_ = detector.coef_[0], detector.intercept_


@hookimpl
def sabench_normalisers() -> dict[str, type[IterativeFeatureNormalisation]]:
    """Offer `ifn`."""
    return {"ifn": IterativeFeatureNormalisation}
