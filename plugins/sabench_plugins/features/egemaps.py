"""eGeMAPS functionals, the features of the seed paper's support vector machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sabench import FeatureExtractor, hookimpl
from sabench_plugins.features import _opensmile
from sabench_plugins.references import EYBEN_2010, EYBEN_2016

if TYPE_CHECKING:
    import numpy as np


class EGeMAPS(FeatureExtractor):
    """88 functionals of the extended Geneva minimalistic acoustic parameter set, version 02, by openSMILE.

    Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and affective
    computing", IEEE Transactions on Affective Computing 7(2), 2016, doi 10.1109/TAFFC.2015.2457417.

    openSMILE is free for research and education only: audEERING's licence governs other use.

    Signals shorter than the longest frame (60 ms) are padded with zeros to one frame. Silence gives finite values.
    """

    name = "egemaps"
    title = "eGeMAPSv02, 88 functionals (openSMILE; licensed for research)"
    kind = "functionals"
    libraries = ("opensmile",)
    references = (EYBEN_2016, EYBEN_2010)

    def expected_shape(self, duration_s: float) -> tuple[int, ...]:
        """Return the number of functionals."""
        return (88,)

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return 88 functionals, shape `(88,)`."""
        return _opensmile.functionals(signal, sampling_rate, feature_set="eGeMAPSv02", shortest_s=0.060)


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {EGeMAPS.name: EGeMAPS}
