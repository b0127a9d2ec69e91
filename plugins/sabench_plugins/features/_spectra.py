"""Magnitude spectra and mel filters, on scipy's FFT.

They equal torchaudio's (tests compare them). torchaudio itself is not used: it takes seconds to import in every
worker, and its last release refuses to load beside a torch built for another CUDA.
"""

from __future__ import annotations

import numpy as np

from sabench import FeatureError

# A window is sum_k (-1)^k a_k cos(2 pi k n / N), periodic as in torch.
WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "rectangular": (1.0, 0.0)}
PEAK_FLOOR = 1e-6


def peak_normalised(signal: np.ndarray) -> np.ndarray:
    """Return x / (max|x| + 1e-6) of a signal mixed down to mono, shape `(samples,)`.

    Raises:
        FeatureError: the signal is empty.
    """
    if not signal.size:
        msg = "the signal is empty; features need at least one sample."
        raise FeatureError(msg)
    mono = signal.mean(axis=0, dtype=np.float32)
    return mono / (np.abs(mono).max() + np.float32(PEAK_FLOOR))


def magnitudes(samples: np.ndarray, *, frame: int, hop: int, window: str) -> np.ndarray:
    """Return magnitudes of the short-time Fourier transform, float32 of shape `(n_frames, frame // 2 + 1)`.

    Frames lie within the signal; what is left behind the last one is dropped. A signal shorter than a
    frame is padded with zeros to one.

    Raises:
        FeatureError: a window of another name.
    """
    from scipy import fft

    if window not in WINDOWS:
        msg = f"Window {window!r} is not known; expected one of {', '.join(WINDOWS)}."
        raise FeatureError(msg)
    padded = np.pad(samples, (0, max(frame - len(samples), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    return np.abs(fft.rfft(frames * _taper(window, frame), axis=1))


def n_frames(duration_s: float, frame_s: float, hop_s: float) -> int:
    """Return how many frames `magnitudes` makes of so many seconds.

    >>> n_frames(1.0, 0.025, 0.010), n_frames(0.01, 0.025, 0.010)
    (98, 1)
    """
    return 1 + int(max(duration_s - frame_s, 0.0) / hop_s + 1e-6)


def _taper(window: str, frame: int) -> np.ndarray:
    constant, cosine = WINDOWS[window]
    return (constant - cosine * np.cos(2 * np.pi * np.arange(frame) / frame)).astype(np.float32)


def mel_filters(n_bins: int, n_bands: int, low_hz: float, high_hz: float, sampling_rate: int) -> np.ndarray:
    """Return triangular filters equally spaced in mel, float32 of shape `(n_bins, n_bands)`, peak one.

    Mel is 2595 log10(1 + f/700), as in HTK.

    Raises:
        FeatureError: bands so narrow that one holds no spectral line.
    """
    low, high = (2595 * np.log10(1 + np.array([low_hz, high_hz]) / 700)).tolist()
    edges = 700 * (10 ** (np.linspace(low, high, n_bands + 2) / 2595) - 1)
    lines = np.linspace(0, sampling_rate / 2, n_bins)[:, None]
    rising = (lines - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - lines) / np.diff(edges)[1:]
    filters = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    if not filters.any(axis=0).all():
        n_empty = int((~filters.any(axis=0)).sum())
        msg = (
            f"{n_bands} mel bands from {low_hz:g} to {high_hz:g} Hz leave {n_empty} without a spectral line; "
            "take fewer bands or a longer frame."
        )
        raise FeatureError(msg)
    return filters
