"""Speaker z-normalisation: the most used adaptation of the field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Enrolment, FeatureView, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.moments import Moments, Standardise, load_arrays, moments, same, save_arrays

Count = Annotated[int, Field(ge=0)]


class SpeakerZScore(Normaliser):
    """Subtracts a speaker's mean and divides by the speaker's deviation.

    Over all of a speaker's utterances this is the normalisation of Vlasenko et al. (2007), which the
    seed paper uses for SVM-NORM and ResNet-NORM; it is transductive. From few utterances the mean is
    drawn towards the training speakers' and the deviation is theirs, since one utterance has no spread;
    from none it is the identity. How far it is drawn is [guess]. From neutral utterances, however many,
    the deviation is the training speakers' too: that of neutral speech would blow up every emotion.

    Args:
        unlabelled: utterances of any emotion to take statistics from; `all` takes every one.
        neutral: take neutral utterances instead, so many.
        shrinkage: weight of the training speakers' mean, counted in utterances, where there are few.
        few: below so many unlabelled utterances the deviation is the training speakers'.
    """

    name = "speaker-zscore"
    title = "each speaker's own mean and deviation"

    def __init__(
        self,
        unlabelled: Count | Literal["all"] = "all",
        neutral: Count = 0,
        shrinkage: Annotated[float, Field(ge=0)] = 1.0,
        few: Count = 10,
    ) -> None:
        self.unlabelled = unlabelled
        self.neutral = neutral
        self.shrinkage = shrinkage
        self.few = few

    @property
    def access(self) -> Access:
        """Neutral utterances where a number of them is given, otherwise unlabelled ones."""
        return Access(neutral=self.neutral) if self.neutral else Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances) -> None:
        """Take the training speakers' mean (of neutral utterances where those are used) and their own deviation."""
        rows = np.flatnonzero(train.neutral) if self.neutral and train.neutral.any() else np.arange(len(train))
        self.mean_ = moments(train.features.take(rows)).mean
        within = [moments(train.features.take(own)) for own in train.rows_of.values()]
        total = sum(part.count for part in within)
        variance = sum((part.count * part.variance for part in within), np.zeros(train.features.width)) / total
        self.scale_ = Moments(total, self.mean_, variance).scale

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the transform for one speaker."""
        features: FeatureView = enrolment.neutral if self.neutral else enrolment.unlabelled
        if not len(features):
            return same
        found = moments(features)
        if len(features) >= self.few and not self.neutral:
            return Standardise(found.mean, found.scale)
        weight = len(features) / (len(features) + self.shrinkage)
        return Standardise(weight * found.mean + (1 - weight) * self.mean_, self.scale_)

    def save(self, folder: Path) -> None:
        """Write the training speakers' mean and deviation."""
        save_arrays(folder, {"mean": self.mean_, "scale": self.scale_})

    def load(self, folder: Path) -> None:
        """Read the training speakers' mean and deviation."""
        state = load_arrays(folder)
        self.mean_, self.scale_ = state["mean"], state["scale"]


@hookimpl
def sabench_normalisers() -> dict[str, type[SpeakerZScore]]:
    """Offer `speaker-zscore`."""
    return {"speaker-zscore": SpeakerZScore}
