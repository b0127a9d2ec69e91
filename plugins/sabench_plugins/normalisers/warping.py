"""Feature warping: every speaker's features take the same, normal distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sabench import Access, Enrolment, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.ranks import Warp, frames
from sabench_plugins.normalisers.speaker_zscore import SpeakerZScore


class Warping(Normaliser):
    """Maps each feature of a speaker to a standard normal distribution by its ranks.

    Sethu, Ambikairajah and Epps, "Speaker normalisation for speech-based emotion detection", DSP 2007, after
    Pelecanos and Sridharan, "Feature warping for robust speaker verification", Odyssey 2001: the value of
    rank r among N becomes the normal quantile of (r - 1/2) / N. Ties share their mean rank. Functionals are
    ranked among a speaker's utterances, the bins of sequences among all frames of them; over all
    utterances (the default) this is transductive. Its control is `corpus-warping`: the same, with ranks among the
    training set.

    [guess] Between two enrolled values the map is linear; beyond the outermost it goes on with the slope of the
    training speakers' deviation, so that it is increasing everywhere. Ranks among fewer than `few` utterances
    say little: there the affine map of `speaker-zscore` for few utterances stands in; with none, the identity.

    Args:
        unlabelled: utterances of any emotion to rank among; `all` takes every one.
        few: below so many utterances the map is affine.
        shrinkage: of that affine map, see `speaker-zscore`.
        knots: values kept for each feature, evenly spaced in rank, where there are more.
    """

    name = "warping"
    title = "feature warping to a normal distribution, by ranks"

    def __init__(
        self,
        unlabelled: Annotated[int, Field(ge=0)] | Literal["all"] = "all",
        few: Annotated[int, Field(ge=1)] = 10,
        shrinkage: Annotated[float, Field(ge=0)] = 1.0,
        knots: Annotated[int, Field(ge=2)] = 1000,
    ) -> None:
        self.unlabelled = unlabelled
        self.few = few
        self.shrinkage = shrinkage
        self.knots = knots

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def fit(self, train: Utterances) -> None:
        """Take what the affine map needs: the training speakers' mean and deviation."""
        self.affine_ = self._affine()
        self.affine_.fit(train)

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the transform for one speaker."""
        if len(enrolment.unlabelled) < self.few:
            return self.affine_.enrol(enrolment)
        return Warp.of(frames(enrolment.unlabelled), self.knots, self.affine_.scale_)

    def save(self, folder: Path) -> None:
        """Write the training speakers' mean and deviation."""
        self.affine_.save(folder)

    def load(self, folder: Path) -> None:
        """Read the training speakers' mean and deviation."""
        self.affine_ = self._affine()
        self.affine_.load(folder)

    def _affine(self) -> SpeakerZScore:
        return SpeakerZScore(unlabelled=self.unlabelled, shrinkage=self.shrinkage, few=self.few)


@hookimpl
def sabench_normalisers() -> dict[str, type[Warping]]:
    """Offer `warping`."""
    return {"warping": Warping}
