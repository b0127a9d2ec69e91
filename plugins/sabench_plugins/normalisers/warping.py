"""Feature warping: every speaker's features take the same, normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from sabench import Access, Enrolment, FeatureView, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.speaker_zscore import SpeakerZScore


class Warping(Normaliser):
    """Maps each feature of a speaker to a standard normal distribution by its ranks.

    Sethu, Ambikairajah and Epps, "Speaker normalisation for speech-based emotion detection", DSP 2007, after
    Pelecanos and Sridharan, "Feature warping for robust speaker verification", Odyssey 2001: the value of
    rank r among N becomes the normal quantile of (r - 1/2) / N. Ties share their mean rank. Functionals are
    ranked among a speaker's utterances, the bins of sequences among all frames of them; over all
    utterances (the default) this is transductive.

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
        rows = _rows(enrolment.unlabelled)
        return Warp(tuple(knots(column, self.knots) for column in rows.T), self.affine_.scale_)

    def save(self, folder: Path) -> None:
        """Write the training speakers' mean and deviation."""
        self.affine_.save(folder)

    def load(self, folder: Path) -> None:
        """Read the training speakers' mean and deviation."""
        self.affine_ = self._affine()
        self.affine_.load(folder)

    def _affine(self) -> SpeakerZScore:
        return SpeakerZScore(unlabelled=self.unlabelled, shrinkage=self.shrinkage, few=self.few)


@dataclass(frozen=True)
class Knots:
    """Where the map of one feature is known.

    Attributes:
        value: increasing values of the feature.
        quantile: what each becomes.
    """

    value: np.ndarray
    quantile: np.ndarray


def knots(values: np.ndarray, most: int) -> Knots:
    """Return at most `most` knots of a feature from a speaker's values, shape `(n,)`.

    >>> found = knots(np.array([3.0, 1.0, 3.0, 5.0]), most=10)
    >>> found.value.tolist(), found.quantile.round(2).tolist()  # ranks 1, 2.5 and 4 of 4
    ([1.0, 3.0, 5.0], [-1.15, 0.0, 1.15])
    """
    from scipy.special import ndtri

    value, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    below = np.cumsum(counts) - counts
    share = (below + counts / 2) / len(values)  # the mean rank of ties, less 1/2, in N
    if len(value) > most:
        kept = np.unique(np.linspace(0, len(value) - 1, most).round().astype(np.int64))
        value, share = value[kept], share[kept]
    return Knots(value, ndtri(share))


@dataclass(frozen=True)
class Warp:
    """A transform: one increasing function a feature.

    Attributes:
        columns: where each is known.
        scale: change of a feature that counts as one, beyond what is known; shape `(width,)`.
    """

    columns: tuple[Knots, ...]
    scale: np.ndarray

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the same shape, float32."""
        rows = np.asarray(array, dtype=np.float64).reshape(-1, array.shape[-1])
        warped = np.empty(rows.shape, dtype=np.float32)
        for number, (known, scale) in enumerate(zip(self.columns, self.scale, strict=True)):
            x = rows[:, number]
            beyond = x - np.clip(x, known.value[0], known.value[-1])
            warped[:, number] = np.interp(x, known.value, known.quantile) + beyond / scale
        return warped.reshape(array.shape)


def _rows(features: FeatureView) -> np.ndarray:
    """Return all utterances (functionals) or all their frames (sequences), shape `(n, width)`."""
    parts: list[Any] = [np.asarray(array).reshape(-1, array.shape[-1]) for array in features]
    return np.concatenate(parts)


@hookimpl
def sabench_normalisers() -> dict[str, type[Warping]]:
    """Offer `warping`."""
    return {"warping": Warping}
