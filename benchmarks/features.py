"""How long do eGeMAPS functionals take through the feature store, against opensmile's own loop over files?

Both read the same files with the same number of workers, in alternating pairs; the store starts empty each time and
pays for its worker processes, for the checks of audio and values, and for writing. Run it with

    python benchmarks/features.py --root PATH [--dataset emodb] [--jobs 2] [--pairs 3]

The ratio of the medians should be at most 1.05.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import opensmile
import pandas as pd

from sabench.corpora import loading
from sabench.features.store import FeatureStore
from sabench.registry.registry import Registry


def ours(table: pd.DataFrame, jobs: int) -> tuple[float, np.ndarray]:
    """Return seconds and functionals of a store that starts empty."""
    extractor = Registry().create("features", "egemaps")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        features = FeatureStore(Path(folder)).ensure(table, extractor, "egemaps", jobs=jobs)
        values = features.view(table["digest"].tolist()).stack()
        return time.perf_counter() - started, values


def theirs(table: pd.DataFrame, jobs: int) -> tuple[float, np.ndarray]:
    """Return seconds and functionals of opensmile's `process_files`."""
    started = time.perf_counter()
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
        num_workers=jobs,
    )
    values = smile.process_files(table["path"]).to_numpy()
    return time.perf_counter() - started, values


def main() -> None:
    """Print a line a pair, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--dataset", default="emodb")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()

    started = time.perf_counter()
    table = loading.load(Registry().create("datasets", options.dataset), options.root).table
    print(f"{len(table)} files; reading the corpus took {time.perf_counter() - started:.2f} s (in neither time below)")
    pairs = []
    for _ in range(options.pairs):
        (a, values), (b, reference) = ours(table, options.jobs), theirs(table, options.jobs)
        pairs.append((a, b))
        print(f"store {a:6.2f} s, opensmile {b:6.2f} s, ratio {a / b:.3f}")
        print(f"  largest difference of values {np.abs(values - reference).max():g}")
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"ratio of medians, {options.jobs} workers: {a / b:.3f} (at most 1.05)")


if __name__ == "__main__":
    main()
