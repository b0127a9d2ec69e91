"""Times one whole command: `sabench run --adapter svm` over a corpus, cold and with its features cached.

    python benchmarks/run.py --root EMODB [--dataset emodb] [--pairs 3] [--track]

Cold starts with an empty cache; cached repeats the run in a fresh results folder. Every pair is printed, then the
medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from growth import instruction_set


def timed(options: argparse.Namespace, cache: Path, results: Path) -> float:
    """Return the wall seconds of one run."""
    command = [sys.executable, "-m", "sabench", "run", "--adapter", "svm", "--dataset", options.dataset]
    command += ["--root", options.root, "--results", str(results), "--track" if options.track else "--no-track"]
    started = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "SABENCH_CACHE": str(cache)},
    )
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True)
    parser.add_argument("--dataset", default="emodb")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--track", action="store_true")
    options = parser.parse_args()
    cold, cached = [], []
    for number in range(options.pairs):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            cold.append(timed(options, place / "cache", place / "cold" / "results"))
            cached.append(timed(options, place / "cache", place / "cached" / "results"))
        print(f"pair {number}: cold {cold[-1]:5.1f} s, cached {cached[-1]:5.1f} s", flush=True)
    print(f"{os.cpu_count()} cores, {instruction_set()}, load {os.getloadavg()[0]:.1f}")
    medians = statistics.median(cold), statistics.median(cached)
    print(f"median: cold {medians[0]:.1f} s, cached {medians[1]:.1f} s, cold / cached {medians[0] / medians[1]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
