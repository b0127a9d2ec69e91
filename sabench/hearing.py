"""What feature extractors are handed of a recording, for those who compute features outside the harness."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sabench import audio


def heard(path: Path, start_s: float = 0.0, end_s: float | None = None) -> tuple[np.ndarray, int]:
    """Return the signal that `FeatureExtractor.extract` is handed of a file or of a segment of it.

    Args:
        path: an audio file.
        start_s: where the segment starts, in seconds.
        end_s: where it ends, in seconds; None or NaN for the end of the file.

    Returns:
        Mono signal, float32 of shape `(1, samples)`, and its sampling rate, 16 kHz.

    Raises:
        AudioError: the audio cannot be read.
    """
    signal, sampling_rate = audio.read(path, start_s, end_s)
    return audio.at(signal, sampling_rate), audio.TARGET_RATE


def signal_digest(signal: np.ndarray, sampling_rate: int) -> str:
    """Return the SHA-256 of a signal's samples, shape and sampling rate: a key for what is known of it elsewhere.

    Of audio that has another sampling rate or several channels it holds where resampling gives the same bits.
    """
    return audio.digest(signal, sampling_rate)
