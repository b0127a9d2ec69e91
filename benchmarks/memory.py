"""How much private memory does it take to read every sequence of a corpus out of the feature store?

Reads all `logspec` sequences of a corpus once in corpus order and once shuffled, as training does. Run it with

    python benchmarks/memory.py --root PATH [--dataset aibo] [--features logspec]

For a full-scale twin of FAU-AIBO (18,216 utterances) the peak should be below 2 GB.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import psutil

from sabench import FeatureView
from sabench.corpora import loading
from sabench.features.store import FeatureStore
from sabench.registry.registry import Registry

MEGABYTE = 1e6
LOOK_EVERY = 200


def private_bytes() -> int:
    """Return the memory of this process that no other process shares."""
    return int(psutil.Process().memory_full_info().uss)


def read(view: FeatureView, order: np.ndarray) -> tuple[float, int]:
    """Return seconds of reading all values in an order, and the peak of private bytes meanwhile."""
    started = time.perf_counter()
    peak = 0
    for n, position in enumerate(order):
        view[int(position)].sum()
        if n % LOOK_EVERY == 0:
            peak = max(peak, private_bytes())
    return time.perf_counter() - started, max(peak, private_bytes())


def main() -> None:
    """Print private memory before, while and after reading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--dataset", default="aibo")
    parser.add_argument("--features", default="logspec")
    options = parser.parse_args()

    registry = Registry()
    table = loading.load(registry.create("datasets", options.dataset), options.root).table
    extractor = registry.create("features", options.features)
    view = FeatureStore().ensure(table, extractor, options.features).view(table["digest"].tolist())
    size = 4 * int(view.lengths.sum()) * view.width
    print(
        f"{len(view)} sequences, {size / MEGABYTE:.0f} MB; private before reading {private_bytes() / MEGABYTE:.0f} MB"
    )
    orders = {"corpus order": np.arange(len(view)), "shuffled": np.random.default_rng(0).permutation(len(view))}
    for name, order in orders.items():
        seconds, peak = read(view, order)
        print(f"{name}: {seconds:.2f} s, private at most {peak / MEGABYTE:.0f} MB (below 2000)")


if __name__ == "__main__":
    main()
