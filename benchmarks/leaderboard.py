"""How long does a leaderboard of a thousand runs take? It should be built in under 30 s.

    python -m benchmarks.leaderboard [--runs 1000]

Twenty methods with five seeds each over ten protocols, and, as the worst case for ranks, as many
methods with one seed under a single protocol; 24 speakers, 672 utterances, four classes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sabench.leaderboard import build
from sabench.leaderboard.page import html
from sabench.results.folder import Results

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from made_results import Made, method

SPEAKERS, PER_CLASS, CLASSES = 24, 7, ("neutral", "happy", "sad", "angry")


def main() -> None:
    """Print the time of both cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    n_runs = parser.parse_args().runs
    print(f"{n_runs} runs, {SPEAKERS} folds each, seconds")
    print(f"{'':36}{'build':>8}{'(cpu)':>8}{'page':>8}{'MB':>8}")
    for title, n_protocols, n_seeds in (("ten protocols, five seeds", 10, 5), ("one protocol, one seed", 1, 1)):
        with tempfile.TemporaryDirectory() as folder:
            results = Results(Path(folder))
            _fill(results, n_runs, n_protocols, n_seeds)
            started, busy = time.perf_counter(), time.process_time()
            board = build.build([results])
            built, busy = time.perf_counter(), time.process_time() - busy
            page = html(board)
            done = time.perf_counter()
        size = len(page.encode()) / 1e6
        print(f"{title:36}{built - started:8.1f}{busy:8.1f}{done - built:8.1f}{size:8.1f}", flush=True)


def _fill(results: Results, n_runs: int, n_protocols: int, n_seeds: int) -> None:
    rng = np.random.default_rng(0)
    n_methods = n_runs // n_protocols // n_seeds
    for p in range(n_protocols):
        corpus = Made(results, f"corpus{p}", "4class", n_speakers=SPEAKERS, per_class=PER_CLASS, classes=CLASSES)
        talent = rng.normal(0, 0.1, SPEAKERS)
        for m in range(n_methods):
            skill = np.clip(0.6 + talent + rng.normal(0, 0.08) + rng.normal(0, 0.05, SPEAKERS), 0, 1)
            for seed in range(n_seeds):
                corpus.run(method(f"m{m:03}", adapter=f"a{m:03}"), skill, seed=seed)


if __name__ == "__main__":
    main()
