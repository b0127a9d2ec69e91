"""How long does a corpus of many segments in one long file take, against decoding that file once?

Makes an hour of tones (or --minutes) as WAV, FLAC and MP3, cuts it into segments (--segments), reads the corpus and
extracts a feature that costs nothing. Both sides run in alternating pairs. Run it with

    python benchmarks/long_file.py [--minutes 60] [--segments 2000] [--pairs 3]

The corpus is decoded once to be checked and once for its features, with hashes, checks and files beside it; decoded
once a segment, the ratio would be in the hundreds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from sabench import Corpus, FeatureExtractor, utterance_table
from sabench.corpora import loading
from sabench.features.store import FeatureStore

SAMPLING_RATE = 16_000


class Loudness(FeatureExtractor):
    """One number a segment, so that what is measured is reading."""

    name, kind = "loudness", "functionals"

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return the root of the mean square."""
        return np.array([np.sqrt((signal**2).mean())], np.float32)


def made(path: Path, minutes: float) -> Path:
    """Write tones, a minute each."""
    time_s, minute = np.arange(60 * SAMPLING_RATE) / SAMPLING_RATE, 0
    with soundfile.SoundFile(path, "w", SAMPLING_RATE, 1) as stream:
        left = int(minutes * 60 * SAMPLING_RATE)
        while left > 0:
            n_samples = min(left, 60 * SAMPLING_RATE)
            tone = np.sin(2 * np.pi * (200 + 7 * minute) * time_s[:n_samples])
            stream.write((0.3 * tone).astype(np.float32))
            left, minute = left - n_samples, minute + 1
    return path


def decode_once(path: Path) -> float:
    """Return the seconds of reading all samples in blocks, as libsndfile does it."""
    started = time.perf_counter()
    with soundfile.SoundFile(path) as stream:
        for _ in stream.blocks(2**20, dtype="float32"):
            pass
    return time.perf_counter() - started


def read_and_extract(path: Path, segments: int) -> tuple[float, float]:
    """Return the seconds of reading the corpus, and of extracting, with empty caches."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SABENCH_CACHE"] = cache
        duration_s = soundfile.info(path).duration / segments
        rows = [
            {"id": f"{i}", "path": str(path), "speaker": f"s{i % 10}", "label": "ab"[i % 2], "start_s": i * duration_s,
             "end_s": (i + 1) * duration_s}
            for i in range(segments)
        ]  # fmt: skip
        started = time.perf_counter()
        corpus = loading.prepare(Corpus("long", "two", ("a", "b"), utterance_table(rows), path.parent))
        read = time.perf_counter()
        FeatureStore(Path(cache) / "features").ensure(corpus.table, Loudness(), "loudness")
        return read - started, time.perf_counter() - read


def main() -> None:
    """Print a line a container, and its ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--segments", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("wav", "flac", "mp3"):
            path = made(Path(folder) / f"long.{ending}", options.minutes)
            once, both = [], []
            for _ in range(options.pairs):
                once.append(decode_once(path))
                both.append(read_and_extract(path, options.segments))
            floor, total = statistics.median(once), statistics.median(map(sum, both))
            reading, extracting = (statistics.median(part) for part in zip(*both, strict=True))
            print(
                f"{ending}: {options.segments} segments of {options.minutes:g} minutes; one decode {floor:.2f} s, "
                f"corpus {reading:.2f} s, features {extracting:.2f} s, ratio {total / floor:.2f}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
