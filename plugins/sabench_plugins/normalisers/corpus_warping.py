"""The control of feature warping: is it the speaker, or just the shape of distributions?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from sabench import Enrolment, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.moments import load_arrays, moments, save_arrays
from sabench_plugins.normalisers.ranks import Knots, Warp, frames


class CorpusWarping(Normaliser):
    """Maps each feature to a normal distribution by its rank in the training set, alike for every speaker.

    What `warping` gains over this it gains from the speaker. On five simulated twins of IEMOCAP without any speaker
    effect it gained 2.1 points of UAR over unwarped functionals, and `warping` 2.7: support vector machines like
    normal distributions, whoever speaks.

    Args:
        knots: values kept for each feature, evenly spaced in rank, where there are more.
        frames: of sequences, at most about so many are ranked.
    """

    name = "corpus-warping"
    libraries = ("scipy.special",)
    title = "warping by ranks in the training set, the same for every speaker"

    def __init__(
        self, knots: Annotated[int, Field(ge=2)] = 1000, frames: Annotated[int, Field(ge=1)] = 200_000
    ) -> None:
        self.knots = knots
        self.frames = frames

    def fit(self, train: Utterances) -> None:
        """Rank the training set."""
        self.warp_ = Warp.of(frames(train.features, self.frames), self.knots, moments(train.features).scale)

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the one transform."""
        return self.warp_

    def save(self, folder: Path) -> None:
        """Write the knots of all features, one after the other."""
        columns = self.warp_.columns
        arrays = {"scale": self.warp_.scale, "ends": np.cumsum([len(column.value) for column in columns])}
        for name in ("value", "quantile"):
            arrays[name] = np.concatenate([getattr(column, name) for column in columns])
        save_arrays(folder, arrays)

    def load(self, folder: Path) -> None:
        """Read the knots."""
        state = load_arrays(folder)
        parts = [np.split(state[name], state["ends"][:-1]) for name in ("value", "quantile")]
        self.warp_ = Warp(tuple(Knots(*pair) for pair in zip(*parts, strict=True)), state["scale"])


@hookimpl
def sabench_normalisers() -> dict[str, type[CorpusWarping]]:
    """Offer `corpus-warping`."""
    return {"corpus-warping": CorpusWarping}
