"""Feature warping: every speaker's features take the same, normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Enrolment, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.ranks import Warp, frames
from sabench_plugins.normalisers.speaker_zscore import LEAST_PLAIN, SpeakerZScore
from sabench_plugins.references import PELECANOS_2001, SETHU_2007


class Warping(Normaliser):
    """Maps each feature of a speaker to a standard normal distribution by its ranks.

    Sethu, Ambikairajah and Epps, "Speaker normalisation for speech-based emotion detection", DSP 2007, after
    Pelecanos and Sridharan, "Feature warping for robust speaker verification", Odyssey 2001: the value of
    rank r among N becomes the normal quantile of (r - 1/2) / N. Ties share their mean rank. Functionals are
    ranked among a speaker's utterances, the bins of sequences among all frames of them; over all
    utterances, from two on (the default), this is transductive. Its control is `corpus-warping`: the same, with ranks
    among the training set.

    [guess] Between two enrolled values the map is linear; beyond the outermost it goes on with the slope of the
    training speakers' deviation, so that it is increasing everywhere. Ranks among k utterances say the less
    of a distribution's shape the fewer there are, and among one nothing: there the map is the mean of that by ranks and
    of the affine one of `speaker-zscore`, as which a normal distribution would be mapped, in the proportion of
    k - 1 to `affine_weight`. With none it is the identity.

    Args:
        unlabelled: utterances of any emotion to rank among; `all` takes every one.
        affine_weight: weight of the affine map, counted in utterances; 0 ranks only, from two on. It changes nothing
            where `unlabelled` is `all`.
        knots: values kept for each feature, evenly spaced in rank, where there are more.
    """

    name = "warping"
    libraries = ("scipy.special",)
    title = "feature warping to a normal distribution, by ranks"
    references = (SETHU_2007, PELECANOS_2001)
    version = "2"

    def __init__(
        self,
        unlabelled: Annotated[int, Field(ge=0)] | Literal["all"] = "all",
        affine_weight: Annotated[float, Field(ge=0)] = 10.0,
        knots: Annotated[int, Field(ge=2)] = 1000,
    ) -> None:
        self.unlabelled = unlabelled
        self.affine_weight = affine_weight
        self.knots = knots

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances) -> None:
        """Learn what the affine map needs."""
        self.affine_ = self._affine()
        self.affine_.fit(train)

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the transform for one speaker."""
        affine = self.affine_.enrol(enrolment)
        n = len(enrolment.unlabelled)
        if n < LEAST_PLAIN:
            return affine
        warp = Warp.of(frames(enrolment.unlabelled), self.knots, self.affine_.prior_.moments.scale)
        if self.affine_.plain(n):
            return warp
        return Blend(affine, warp, (n - 1) / (n - 1 + self.affine_weight))

    def save(self, folder: Path) -> None:
        """Write what the affine map needs."""
        self.affine_.save(folder)

    def load(self, folder: Path) -> None:
        """Read what the affine map needs."""
        self.affine_ = self._affine()
        self.affine_.load(folder)

    def _affine(self) -> SpeakerZScore:
        return SpeakerZScore(unlabelled=self.unlabelled)


@dataclass(frozen=True)
class Blend:
    """A transform: the weighted mean of two.

    Attributes:
        first: one of them.
        second: the other.
        share: weight of the second, from 0 to 1.
    """

    first: Transform
    second: Transform
    share: float

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the same shape, float32."""
        return ((1 - self.share) * self.first(array) + self.share * self.second(array)).astype(np.float32)


@hookimpl
def sabench_normalisers() -> dict[str, type[Warping]]:
    """Offer `warping`."""
    return {"warping": Warping}
