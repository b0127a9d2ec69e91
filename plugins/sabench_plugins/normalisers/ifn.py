"""Iterative feature normalisation: find a speaker's neutral speech, normalise by it, look again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Enrolment, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.moments import Moments, Standardise, load_arrays, same, save_arrays
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments


class IterativeFeatureNormalisation(Normaliser):
    """Normalises a speaker by the mean and deviation of utterances that a detector takes for neutral.

    Busso, Mariooryad, Metallinou and Narayanan, "Iterative feature normalization scheme for automatic emotion
    detection from speech", IEEE Transactions on Affective Computing 4(4), 2013, doi 10.1109/T-AFFC.2013.26: detect
    neutral speech, estimate an affine map from it, apply it to all utterances of the speaker, repeat until detection
    agrees with the time before. No label of the speaker is used; over all utterances (the default) it is transductive.

    That it stops at 5 % changed files and takes at least the most neutral 20 % of a speaker's files is
    [secondary], from a public reimplementation of the authors' ICASSP 2011 paper. [guess]: the detector is a logistic
    regression, trained on training speakers normalised by their true neutral speech; of sequences it sees mean and
    deviation over frames; mean and variance are drawn towards the training speakers' neutral ones, with weights
    counted in utterances; the first look is through the training speakers' neutral mean and deviation. With
    nothing enrolled the map is the identity; where training has no neutral speech, or nothing else, every utterance
    counts as neutral.

    Args:
        unlabelled: utterances of any emotion to look among; `all` takes every one.
        iterations: at most so many looks.
        change: stop once no larger share of utterances changes sides.
        least: take at least this share, the most neutral ones.
        threshold: probability from which an utterance is neutral.
        C: inverse strength of the detector's penalty.
        mean_weight: weight of the training speakers' neutral mean.
        spread_weight: weight of their variance.
    """

    name = "ifn"
    title = "iterative normalisation by detected neutral speech"

    def __init__(
        self,
        unlabelled: Annotated[int, Field(ge=0)] | Literal["all"] = "all",
        iterations: Annotated[int, Field(ge=1)] = 20,
        change: Annotated[float, Field(ge=0, le=1)] = 0.05,
        least: Annotated[float, Field(gt=0, le=1)] = 0.2,
        threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5,
        C: Annotated[float, Field(gt=0)] = 0.1,
        mean_weight: Annotated[float, Field(ge=0)] = 1.0,
        spread_weight: Annotated[float, Field(ge=0)] = 10.0,
    ) -> None:
        self.unlabelled = unlabelled
        self.iterations = iterations
        self.change = change
        self.least = least
        self.threshold = threshold
        self.C = C
        self.mean_weight = mean_weight
        self.spread_weight = spread_weight

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances) -> None:
        """Learn the training speakers' neutral speech, and to detect it."""
        of_speaker = [
            (UtteranceMoments.of(train.features.take(rows)), train.neutral[rows]) for rows in train.rows_of.values()
        ]
        references = [found.take(neutral if neutral.any() else np.ones_like(neutral)) for found, neutral in of_speaker]
        within = [reference.pooled() for reference in references]
        weights = np.array([len(reference) for reference in references], dtype=np.float64)
        self.mean_ = np.average([part.mean for part in within], axis=0, weights=weights)
        self.variance_ = np.average([part.variance for part in within], axis=0, weights=weights)
        X = np.concatenate(
            [found.behind(self._map(part)) for (found, _), part in zip(of_speaker, references, strict=True)]
        )
        self._train_detector(X, np.concatenate([neutral for _, neutral in of_speaker]))

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the affine map for one speaker."""
        if not len(enrolment.unlabelled):
            return same
        heard = UtteranceMoments.of(enrolment.unlabelled)
        neutral = self.detect(heard, Standardise(self.mean_, Moments(1, self.mean_, self.variance_).scale))
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
        names = ("mean", "variance", "coefficients", "intercept")
        save_arrays(folder, {name: getattr(self, f"{name}_") for name in names})

    def load(self, folder: Path) -> None:
        """Read the neutral speech and its detector."""
        for name, array in load_arrays(folder).items():
            setattr(self, f"{name}_", array)

    def _map(self, neutral: UtteranceMoments) -> Standardise:
        """Return the affine map by which some neutral utterances are normalised."""
        found, n = neutral.pooled(), len(neutral)
        mean = (n * found.mean + self.mean_weight * self.mean_) / (n + self.mean_weight)
        variance = (n * found.variance + self.spread_weight * self.variance_) / (n + self.spread_weight)
        return Standardise(mean, Moments(n, mean, variance).scale)

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
