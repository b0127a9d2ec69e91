"""Audio files to arrays. Decoding is libsndfile's; what it passes over in silence is refused here."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from sabench.containers.recording import Recording

TARGET_RATE: Final = 16_000
"""Hz at which features are computed."""
_ZERO_CROSSINGS: Final = 64
_ROLLOFF: Final = 0.9475937167399596
_BETA: Final = 14.769656459379492
"""The low-pass filter of `torchaudio.transforms.Resample` as its documentation sets it to be like `kaiser_best`."""


def read(path: Path, start_s: float = 0.0, end_s: float | None = None) -> tuple[np.ndarray, int]:
    """Return the samples of a file or of a segment of it, reading no more than the segment.

    Args:
        path: WAV, FLAC, OGG, MP3, AIFF, AU, W64, RF64, NIST or CAF.
        start_s: where the segment starts, in seconds.
        end_s: where it ends, in seconds; None or NaN for the end of the file.

    Returns:
        Signal, float32 of shape `(channels, samples)` in [-1, 1], and sampling rate in Hz.

    Raises:
        AudioError: the file is missing, empty, truncated, no audio, or shorter than the segment.
    """
    with Recording(path) as recording:
        return recording.segment(start_s, end_s), recording.sampling_rate


def signal_digest(signal: np.ndarray, sampling_rate: int) -> str:
    """Return the SHA-256 of decoded samples, their shape and sampling rate, as hexadecimal digits.

    >>> signal_digest(np.zeros((1, 2), np.float32), 16000)[:8]
    'e5186397'
    """
    content = hashlib.sha256(f"{signal.shape}@{sampling_rate}".encode())
    content.update(np.ascontiguousarray(signal, dtype="<f4").data)
    return content.hexdigest()


def mono_share(signal: np.ndarray) -> float:
    """Return the level of the mean of all channels by the level of the channels; 1 of one channel and of silence.

    Args:
        signal: shape `(channels, samples)`.

    >>> mono_share(np.array([[0.5, 0.5], [-0.5, -0.5]], np.float32)), mono_share(np.ones((2, 4), np.float32))
    (0.0, 1.0)
    """
    if len(signal) == 1:
        return 1.0
    power = float(np.square(signal, dtype=np.float64).mean())
    mono = float(np.square(signal.mean(axis=0), dtype=np.float64).mean())
    return math.sqrt(mono / power) if power else 1.0


def at(signal: np.ndarray, sampling_rate: int, target_rate: int = TARGET_RATE) -> np.ndarray:
    """Return a signal mixed down to mono at another sampling rate, float32 of shape `(1, samples)`.

    Resampling is polyphase, with a windowed sinc: Kaiser window, 64 zero crossings to either side. Of recordings of a
    higher rate, -6 dB are left of a tone at 0.95 of half the target rate, at most -60 dB above half of it, and at most
    -115 dB from 3% above.

    >>> at(np.array([[0.0, 1.0], [1.0, 0.0]], np.float32), 16000).tolist()
    [[0.5, 0.5]]
    """
    mono = np.ascontiguousarray(signal.mean(axis=0, keepdims=True, dtype=np.float32))
    if sampling_rate == target_rate:
        return mono
    # Not torchaudio: classifiers run where torch is not installed, and one corpus is to give one set of numbers.
    from scipy.signal import resample_poly

    shared = math.gcd(sampling_rate, target_rate)
    up, down = target_rate // shared, sampling_rate // shared
    resampled: np.ndarray = resample_poly(mono, up, down, axis=1, window=_low_pass(max(up, down)))
    return np.ascontiguousarray(resampled, dtype=np.float32)


@lru_cache(maxsize=8)
def _low_pass(ratio: int) -> np.ndarray:
    """Return a filter, float32, that ends at the `ratio`-th part of half the rate at which it is applied."""
    from scipy.signal import firwin

    reach = math.ceil(_ZERO_CROSSINGS * ratio / _ROLLOFF)
    taps: np.ndarray = firwin(2 * reach + 1, _ROLLOFF / ratio, window=("kaiser", _BETA))
    return taps.astype(np.float32)


def resampling(sampling_rates: Iterable[float]) -> str:
    """Return in words how recordings of these rates get to 16 kHz; empty where all have it. 0 is an unknown rate.

    >>> resampling([16000, 16000, 0])
    ''
    >>> resampling([16000, 44100])
    'Resampled from 44100 Hz to 16000 Hz with a Kaiser window, 64 zero crossings.'
    """
    others = sorted({int(rate) for rate in sampling_rates if rate > 0} - {TARGET_RATE})
    if not others:
        return ""
    rates = ", ".join(map(str, others))
    return f"Resampled from {rates} Hz to {TARGET_RATE} Hz with a Kaiser window, {_ZERO_CROSSINGS} zero crossings."


def load_signal(path: Path, start_s: float = 0.0, end_s: float | None = None) -> tuple[np.ndarray, int]:
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
    signal, sampling_rate = read(path, start_s, end_s)
    return at(signal, sampling_rate), TARGET_RATE


heard = load_signal
"""The name of `load_signal` before 0.2; it goes in the version after that."""
