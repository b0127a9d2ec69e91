"""How fast torchaudio makes the spectra of `logspec` and `logmel`, as a ratio to scipy's FFT, and how they differ.

    python benchmarks/spectra.py

The scipy way is what both extractors did up to version 1; it stands here alone.
"""

import time

import numpy as np
import torch
from scipy import fft

from sabench_plugins.features import _spectra
from sabench_plugins.features.logmel import LogMel
from sabench_plugins.features.logspec import LogSpec

RATE, FRAME, HOP, FLOOR = 16_000, 400, 160, np.float32(1e-5)
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
ROUNDS, TIMES = 40, 20


def by_scipy(signal):
    frames = np.lib.stride_tricks.sliding_window_view(_spectra.peak_normalised(signal), FRAME)[::HOP]
    return np.abs(fft.rfft(frames * HANN, axis=1))


def logspec_by_scipy(signal):
    return np.log(by_scipy(signal) + FLOOR)


def logmel_by_scipy(signal):
    spectrum = by_scipy(signal)
    low, high = (2595 * np.log10(1 + np.array([0.0, 8000.0]) / 700)).tolist()
    edges = 700 * (10 ** (np.linspace(low, high, 42) / 2595) - 1)
    lines = np.linspace(0, RATE / 2, spectrum.shape[1])[:, None]
    rising, falling = (lines - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - lines) / np.diff(edges)[1:]
    filters = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    return np.log(spectrum**2 @ filters + FLOOR)


def seconds_of(extract, *arguments):
    start = time.perf_counter()
    for _ in range(TIMES):
        extract(*arguments)
    return (time.perf_counter() - start) / TIMES


def by_turns_s(extractor, before, signal):
    """Return the fastest of all rounds of both ways, which take turns: another process then slows both."""
    rounds = [(seconds_of(extractor.extract, signal, RATE), seconds_of(before, signal)) for _ in range(ROUNDS)]
    return min(now_s for now_s, _ in rounds), min(then_s for _, then_s in rounds)


def main():
    torch.set_num_threads(1)  # as in a worker
    print(f"{'':8} {'seconds':>8} {'torchaudio':>11} {'scipy':>9} {'ratio':>6} {'largest difference':>19}")
    for extractor, before in ((LogSpec(), logspec_by_scipy), (LogMel(), logmel_by_scipy)):
        for seconds in (0.5, 3.0, 10.0):
            noise = np.random.default_rng(0).standard_normal(int(seconds * RATE)).astype(np.float32)
            signal = (noise / 8)[None]
            now_s, then_s = by_turns_s(extractor, before, signal)
            apart = np.abs(extractor.extract(signal, RATE) - before(signal)).max()
            row = f"{1e6 * now_s:8.0f} us {1e6 * then_s:6.0f} us {now_s / then_s:6.2f} {apart:19.1e}"
            print(f"{extractor.name:8} {seconds:8.1f} {row}")


if __name__ == "__main__":
    main()
