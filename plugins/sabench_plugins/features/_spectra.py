"""Magnitude spectra and mel filters, by torchaudio."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from sabench import FeatureError
from sabench_plugins.features import _torchaudio

if TYPE_CHECKING:
    import torch

WINDOWS = ("hann", "hamming", "rectangular")
"""All of them periodic."""
PEAK_FLOOR = 1e-6
BLOCK = 512
"""Frames that are transformed at once."""
Scale = Literal["htk", "slaney"]


def peak_normalised(signal: np.ndarray) -> np.ndarray:
    """Return x / (max|x| + 1e-6) of a signal mixed down to mono, shape `(samples,)`.

    Raises:
        FeatureError: the signal is empty.
    """
    mono = mixed_down(signal)
    return mono / (np.abs(mono).max() + np.float32(PEAK_FLOOR))


def mixed_down(signal: np.ndarray) -> np.ndarray:
    """Return the mean of all channels, float32 of shape `(samples,)`.

    Raises:
        FeatureError: the signal is empty.
    """
    if not signal.size:
        msg = "the signal is empty; features need at least one sample."
        raise FeatureError(msg)
    mono: np.ndarray = signal.mean(axis=0, dtype=np.float32)
    return mono


def magnitudes(samples: np.ndarray, *, frame: int, hop: int, window: str) -> np.ndarray:
    """Return magnitudes of the short-time Fourier transform, float32 of shape `(n_frames, frame // 2 + 1)`.

    Frames lie within the signal; what is left behind the last one is dropped. A signal shorter than a
    frame is padded with zeros to one.

    Raises:
        FeatureError: a window of another name.
        PluginLoadError: torchaudio does not load.
    """
    if window not in WINDOWS:
        msg = f"Window {window!r} is not known; expected one of {', '.join(WINDOWS)}."
        raise FeatureError(msg)
    import torch

    spectrogram, taper = _torchaudio.module("functional").spectrogram, _taper(window, frame)
    lacking = frame - len(samples)
    padded = torch.from_numpy(np.pad(samples, (0, lacking)) if lacking > 0 else samples)
    n = 1 + (len(padded) - frame) // hop
    magnitude = np.empty((n, frame // 2 + 1), np.float32)
    for first in range(0, n, BLOCK):  # what the processor's cache holds
        last = min(first + BLOCK, n)
        part = padded[first * hop : (last - 1) * hop + frame]
        spectrum = spectrogram(part, 0, taper, frame, hop, frame, power=None, normalized=False, center=False)
        np.abs(spectrum.T.numpy(), out=magnitude[first:last])  # torch's own takes longer than the transform
    return magnitude


@functools.cache
def _taper(window: str, frame: int) -> torch.Tensor:
    import torch

    tapers: dict[str, Callable[[int], torch.Tensor]] = {
        "hann": torch.hann_window,
        "hamming": torch.hamming_window,
        "rectangular": torch.ones,
    }
    return tapers[window](frame)


def n_frames(duration_s: float, frame_s: float, hop_s: float) -> int:
    """Return how many frames `magnitudes` makes of so many seconds.

    >>> n_frames(1.0, 0.025, 0.010), n_frames(0.01, 0.025, 0.010)
    (98, 1)
    """
    return 1 + int(max(duration_s - frame_s, 0.0) / hop_s + 1e-6)


def mel_filters(
    n_bins: int, n_bands: int, low_hz: float, high_hz: float, sampling_rate: int, *, scale: Scale = "htk"
) -> np.ndarray:
    """Return triangular filters equally spaced in mel, float32 of shape `(n_bins, n_bands)`.

    Args:
        n_bins: spectral lines from 0 Hz to half the sampling rate.
        n_bands: number of filters.
        low_hz: lower edge of the lowest.
        high_hz: upper edge of the highest.
        sampling_rate: in Hz.
        scale: `htk` for 2595 log10(1 + f/700) and triangles of peak one; `slaney` for that of Slaney's Auditory
            Toolbox, linear up to 1 kHz, and triangles of one area.

    Raises:
        FeatureError: bands so narrow that one holds no spectral line.
        PluginLoadError: torchaudio does not load.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty band, which is refused here
        triangles = _torchaudio.module("functional").melscale_fbanks(
            n_bins,
            low_hz,
            high_hz,
            n_bands,
            sampling_rate,
            norm="slaney" if scale == "slaney" else None,
            mel_scale=scale,
        )
    filters: np.ndarray = triangles.numpy()
    if not filters.any(axis=0).all():
        n_empty = int((~filters.any(axis=0)).sum())
        msg = (
            f"{n_bands} mel bands from {low_hz:g} to {high_hz:g} Hz leave {n_empty} without a spectral line; "
            "take fewer bands or a longer frame."
        )
        raise FeatureError(msg)
    return filters
