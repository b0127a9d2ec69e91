"""Log-spectrograms, the input of the seed paper's networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sabench import FeatureExtractor, hookimpl
from sabench_plugins.features import _spectra, _torchaudio
from sabench_plugins.references import TRIANTAFYLLOPOULOS_2021

_torchaudio.refuse_mismatch()


class LogSpec(FeatureExtractor):
    """Natural logarithm of (magnitude + floor), shape `(n_frames, 201)` with the defaults, at 100 frames a second.

    Frames of 0.025 s every 0.010 s, audio peak-normalised per segment: Triantafyllopoulos, Liu and Schuller, "Deep
    speaker conditioning for speech emotion recognition", ICME 2021, section 2, doi 10.1109/icme51207.2021.9428217.
    FFT length (that of the frame), logarithm and floor are those of the network that it builds upon: Keren, Han and
    Schuller, "Scaling speech enhancement in unseen environments with noise embeddings", CHiME 2018.

    Signals shorter than a frame are padded with zeros to one; silence gives the logarithm of the floor.

    Args:
        frame_s: length of a frame and of its FFT, in seconds.
        hop_s: from frame to frame, in seconds.
        window: [guess] Hann; no source names it.
        floor: added to magnitudes.
    """

    name = "logspec"
    title = "Log-magnitude spectrogram, 25 ms frames every 10 ms"
    references = (TRIANTAFYLLOPOULOS_2021,)
    kind = "sequences"
    version = "2"
    libraries = ("torch", "torchaudio")

    def __init__(
        self,
        *,
        frame_s: Annotated[float, Field(gt=0)] = 0.025,
        hop_s: Annotated[float, Field(gt=0)] = 0.010,
        window: Literal["hann", "hamming", "rectangular"] = "hann",
        floor: Annotated[float, Field(gt=0)] = 1e-5,
    ) -> None:
        self.frame_s = frame_s
        self.hop_s = hop_s
        self.window = window
        self.floor = floor

    def expected_shape(self, duration_s: float) -> tuple[int, ...]:
        """Return frames and bins at 16 kHz."""
        return _spectra.n_frames(duration_s, self.frame_s, self.hop_s), round(self.frame_s * 16000) // 2 + 1

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return the log-spectrogram, shape `(n_frames, n_bins)`."""
        spectrum = _spectra.magnitudes(
            _spectra.peak_normalised(signal),
            frame=round(self.frame_s * sampling_rate),
            hop=round(self.hop_s * sampling_rate),
            window=self.window,
        )
        return np.log(spectrum + np.float32(self.floor))


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {LogSpec.name: LogSpec}
