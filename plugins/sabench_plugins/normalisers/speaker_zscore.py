"""Speaker z-normalisation: the most used adaptation of the field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Enrolment, FeatureView, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.credibility import Credibility
from sabench_plugins.normalisers.moments import Moments, Standardise, load_arrays, same, save_arrays
from sabench_plugins.normalisers.speaker_prior import SpeakerPrior
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments
from sabench_plugins.references import VLASENKO_2007

Count = Annotated[int, Field(ge=0)]
LEAST_PLAIN = 2
"""One utterance has no spread, so that the plain z-score begins with two."""


class SpeakerZScore(Normaliser):
    """Subtracts a speaker's mean and divides by the speaker's deviation.

    Over all of a speaker's utterances, from two on, this is the normalisation of Vlasenko et al. (2007), which the
    seed paper uses for SVM-NORM and ResNet-NORM; it is transductive.

    From k unlabelled utterances mean and variance are drawn towards the training speakers', feature by feature and
    the less the more there are, with the weights of least squared error: how much utterances of a training
    speaker differ, against how much training speakers do (see `Credibility`). One utterance of functionals
    has no spread, so that the deviation is the training speakers'; from none it is the identity.

    From k neutral utterances the mean is drawn likewise, among neutral speech, and the deviation is the training
    speakers', over all emotions: divided by that of neutral speech, every emotion would be blown up.

    Args:
        unlabelled: utterances of any emotion to take statistics from; `all` takes every one.
        neutral: take neutral utterances instead, so many.
        shrinkage: weight of the training speakers' mean, counted in utterances; `learnt` from training speakers. At 0
            the mean is the speaker's own. It changes nothing where `unlabelled` is `all`.
    """

    name = "speaker-zscore"
    title = "each speaker's own mean and deviation"
    references = (VLASENKO_2007,)
    version = "2"

    def __init__(
        self,
        unlabelled: Count | Literal["all"] = "all",
        neutral: Count = 0,
        shrinkage: Annotated[float, Field(ge=0)] | Literal["learnt"] = "learnt",
    ) -> None:
        self.unlabelled = unlabelled
        self.neutral = neutral
        self.shrinkage = shrinkage

    @property
    def access(self) -> Access:
        """Neutral utterances where a number of them is given, otherwise unlabelled ones."""
        return Access(neutral=self.neutral) if self.neutral else Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances) -> None:
        """Learn what to expect of a speaker; the level from neutral utterances where those are used."""
        rows_of = train.rows_of.values()
        speakers = [UtteranceMoments.of(train.features.take(rows)) for rows in rows_of]
        prior = SpeakerPrior.of(speakers)
        level = prior.level
        if self.neutral and train.neutral.any():
            neutral = [own.mean[train.neutral[rows]] for own, rows in zip(speakers, rows_of, strict=True)]
            level = Credibility.of([own for own in neutral if len(own)])
        if self.shrinkage != "learnt":
            level = Credibility(level.mean, np.full(level.mean.shape, float(self.shrinkage)))
        self.prior_ = prior.with_level(level)

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the transform for one speaker."""
        features: FeatureView = enrolment.neutral if self.neutral else enrolment.unlabelled
        return Standardise.by(self.estimate(UtteranceMoments.of(features))) if len(features) else same

    def estimate(self, heard: UtteranceMoments) -> Moments:
        """Return mean and variance of a speaker of whom at least one utterance is known."""
        if self.plain(len(heard)):
            return heard.pooled()
        drawn = self.prior_.moments_of(heard)
        return replace(drawn, variance=self.prior_.moments.variance) if self.neutral else drawn

    def plain(self, utterances: int) -> bool:
        """Whether statistics of so many utterances are the speaker's own alone."""
        return self.access.transductive and utterances >= LEAST_PLAIN

    def save(self, folder: Path) -> None:
        """Write what is expected of a speaker."""
        save_arrays(folder, self.prior_.arrays)

    def load(self, folder: Path) -> None:
        """Read what is expected of a speaker."""
        self.prior_ = SpeakerPrior.from_arrays(load_arrays(folder))


@hookimpl
def sabench_normalisers() -> dict[str, type[SpeakerZScore]]:
    """Offer `speaker-zscore`."""
    return {"speaker-zscore": SpeakerZScore}
