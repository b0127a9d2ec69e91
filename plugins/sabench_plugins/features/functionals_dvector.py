"""How and by whom something is said, side by side: functionals of emotion, then the speaker embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

from sabench import FeatureExtractor, hookimpl

# Without its weights this import says what is missing, and this extractor is listed with that reason too.
from sabench_plugins.features.dvector import DVector
from sabench_plugins.features.egemaps import EGeMAPS
from sabench_plugins.features.is09 import IS09

FUNCTIONALS: Final[Mapping[str, type[FeatureExtractor]]] = {"egemaps": EGeMAPS, "is09": IS09}


class FunctionalsDVector(FeatureExtractor):
    """Values of `egemaps` (88) or `is09` (384), then the 256 of `dvector`, each as that extractor gives them.

    An adapter is handed one kind of features; with these it can read an utterance's emotion off the first part and its
    speaker off the last, as `speaker-embedding` does. Any other takes all values for one vector.

    Args:
        functionals: extractor of the first part.
    """

    name = "functionals-dvector"
    title = "eGeMAPS or IS09, then a speaker embedding (openSMILE; licensed for research)"
    version = f"{EGeMAPS.version}-{IS09.version}-{DVector.version}"
    kind = "functionals"
    libraries = tuple(dict.fromkeys((*EGeMAPS.libraries, *IS09.libraries, *DVector.libraries)))
    references = tuple(dict.fromkeys((*EGeMAPS.references, *IS09.references, *DVector.references)))

    def __init__(self, functionals: Literal["egemaps", "is09"] = "egemaps") -> None:
        self.functionals = functionals

    def expected_shape(self, duration_s: float) -> tuple[int, ...]:
        """Return the number of values of both parts."""
        widths = [part.expected_shape(duration_s) for part in self._parts()]
        return (sum(width[0] for width in widths if width),)

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return both parts side by side, shape `(344,)` or `(640,)`.

        Raises:
            FeatureError: an empty signal, another rate than 16 kHz, or weights of another version.
        """
        return np.concatenate([part.extract(signal, sampling_rate) for part in self._parts()])

    def _parts(self) -> tuple[FeatureExtractor, FeatureExtractor]:
        return FUNCTIONALS[self.functionals](), DVector()


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {FunctionalsDVector.name: FunctionalsDVector}
