"""Log-mel spectrograms, which the seed paper tried without gain."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import FeatureExtractor, hookimpl
from sabench_plugins.features import _spectra, _torchaudio

_torchaudio.refuse_mismatch()


class LogMel(FeatureExtractor):
    """Natural logarithm of (mel power + floor), shape `(n_frames, n_bands)`, at 100 frames a second.

    Frames, hop and peak normalisation as in `logspec`. The seed paper tried mel spectra and names none of their
    constants. The mel scale is HTK's, with triangles of peak one.

    Signals shorter than a frame are padded with zeros to one; silence gives the logarithm of the floor.

    Args:
        n_bands: [guess] 40, the most whose narrowest band still holds lines of a 25 ms frame at ease.
        low_hz: [guess] lower edge of the lowest band, in Hz.
        high_hz: [guess] upper edge of the highest band, in Hz.
        frame_s: length of a frame and of its FFT, in seconds.
        hop_s: from frame to frame, in seconds.
        window: [guess] Hann; no source names it.
        floor: [guess] added to the power of a band.
    """

    name = "logmel"
    title = "Log-mel spectrogram, 40 bands, 25 ms frames every 10 ms"
    kind = "sequences"
    version = "2"
    libraries = ("torch", "torchaudio")

    def __init__(
        self,
        *,
        n_bands: Annotated[int, Field(ge=1)] = 40,
        low_hz: Annotated[float, Field(ge=0)] = 0.0,
        high_hz: Annotated[float, Field(gt=0)] = 8000.0,
        frame_s: Annotated[float, Field(gt=0)] = 0.025,
        hop_s: Annotated[float, Field(gt=0)] = 0.010,
        window: Literal["hann", "hamming", "rectangular"] = "hann",
        floor: Annotated[float, Field(gt=0)] = 1e-5,
    ) -> None:
        self.n_bands = n_bands
        self.low_hz = low_hz
        self.high_hz = high_hz
        self.frame_s = frame_s
        self.hop_s = hop_s
        self.window = window
        self.floor = floor

    def expected_shape(self, duration_s: float) -> tuple[int, ...]:
        """Return frames and bands."""
        return _spectra.n_frames(duration_s, self.frame_s, self.hop_s), self.n_bands

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return the log-mel spectrogram, shape `(n_frames, n_bands)`."""
        spectrum = _spectra.magnitudes(
            _spectra.peak_normalised(signal),
            frame=round(self.frame_s * sampling_rate),
            hop=round(self.hop_s * sampling_rate),
            window=self.window,
        )
        filters = _filters(spectrum.shape[1], self.n_bands, self.low_hz, self.high_hz, sampling_rate)
        return np.log(spectrum**2 @ filters + np.float32(self.floor))


_filters = functools.lru_cache(maxsize=8)(_spectra.mel_filters)
"""The same for every utterance of a corpus."""


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {LogMel.name: LogMel}
