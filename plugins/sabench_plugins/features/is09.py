"""The feature set of the Interspeech 2009 Emotion Challenge, that of FAU-AIBO's official baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sabench import FeatureExtractor, hookimpl
from sabench_plugins.features import _opensmile
from sabench_plugins.references import EYBEN_2010, SCHULLER_2009

if TYPE_CHECKING:
    import numpy as np


class IS09(FeatureExtractor):
    """384 functionals: 12 statistics of 16 contours (energy, zero crossings, F0, voicing, MFCC 1-12) and their deltas.

    Schuller, Steidl and Batliner, "The INTERSPEECH 2009 emotion challenge", Interspeech 2009,
    doi 10.21437/Interspeech.2009-103. Computed with the configuration `IS09_emotion` that openSMILE ships.

    openSMILE is free for research and education only: audEERING's licence governs other use.

    Signals shorter than one frame (25 ms) are padded with zeros to one frame. Silence gives finite values.
    """

    name = "is09"
    title = "Interspeech 2009 Emotion Challenge, 384 functionals (openSMILE; licensed for research)"
    kind = "functionals"
    libraries = ("opensmile",)
    references = (SCHULLER_2009, EYBEN_2010)

    def expected_shape(self, duration_s: float) -> tuple[int, ...]:
        """Return the number of functionals."""
        return (384,)

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return 384 functionals, shape `(384,)`."""
        return _opensmile.functionals(signal, sampling_rate, feature_set="IS09", shortest_s=0.025)


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {IS09.name: IS09}
