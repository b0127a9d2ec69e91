"""From the dry signal of a synthesiser to a recording: vocal tract, spectral tilt, channel, level and noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SAMPLING_RATE = 16000
LEVEL_DB = -26.0
"""Level of speech in dB of full scale (root mean square) at loudness 0."""
NOISE_DB = -66.0
"""Level of the background noise in dB of full scale."""
MARGIN_S = 0.06
"""Noise before and after speech, in seconds."""


def record(
    dry: np.ndarray,
    dry_rate: int,
    *,
    tract: float,
    tilt_db: float,
    channel_db: Sequence[float],
    loudness_db: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return a 16 kHz recording, int16, of a dry signal.

    Args:
        dry: float signal of shape `(samples,)`.
        dry_rate: its sampling rate in Hz.
        tract: factor on all frequencies; pitch and tempo move with it, so the caller asks the
            synthesiser for the inverse.
        tilt_db: slope in decibel per octave around 1 kHz.
        channel_db: coefficients of cosines over log frequency.
        loudness_db: level relative to `LEVEL_DB`.
        rng: of the background noise, which also makes every recording unique.
    """
    speech = _filtered(trimmed(dry), SAMPLING_RATE / (dry_rate * tract), tilt_db, channel_db)
    level = np.sqrt(np.mean(speech**2)) + 1e-9
    speech *= 10 ** ((LEVEL_DB + loudness_db) / 20) / level
    margin = int(MARGIN_S * SAMPLING_RATE)
    signal = rng.standard_normal(len(speech) + 2 * margin) * 10 ** (NOISE_DB / 20)
    signal[margin : margin + len(speech)] += speech
    peak = np.abs(signal).max()
    return np.rint(signal * (32767 * min(1.0, 0.99 / peak))).astype(np.int16)


def trimmed(signal: np.ndarray, threshold: float = 0.003) -> np.ndarray:
    """Return the signal without silence at its ends; unchanged where all of it is silent.

    >>> trimmed(np.array([0.0, 0.5, 0.0, 0.5, 0.0])).tolist()
    [0.5, 0.0, 0.5]
    """
    loud = np.flatnonzero(np.abs(signal) > threshold)
    return signal[loud[0] : loud[-1] + 1] if len(loud) else signal


def _filtered(signal: np.ndarray, ratio: float, tilt_db: float, channel_db: Sequence[float]) -> np.ndarray:
    """Return the signal resampled by `ratio` and filtered, both in one pass through the spectrum."""
    n_in = -(-len(signal) // 512) * 512
    n_out = 2 * round(n_in * ratio / 2)
    spectrum = np.fft.rfft(signal, n_in)[: n_out // 2 + 1]
    frequency = np.arange(len(spectrum)) * (SAMPLING_RATE / n_out)
    octave = np.log2(np.clip(frequency, 80.0, None) / 1000.0)
    place = (octave - octave[0]) / (octave[-1] - octave[0])
    gain_db = tilt_db * octave + sum(c * np.cos(np.pi * (k + 1) * place) for k, c in enumerate(channel_db))
    gain = 10 ** (gain_db / 20) * np.clip((SAMPLING_RATE / 2 - frequency) / 300.0, 0.0, 1.0)
    wet = np.fft.irfft(spectrum * gain, n_out) * ratio
    return wet[: round(len(signal) * ratio)]
