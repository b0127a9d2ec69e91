"""What adaptation gains where there is nothing to adapt to: twins whose speakers are all alike.

Runs normalisers in front of one SVM, and adapters beside their own baselines, on twins with speaker effect 0 and prints
the mean gain over twin seeds. A gain beyond noise means that a method profits from something else than speakers.

    python benchmarks/nothing_to_gain.py --dataset aibo:5class --seeds 5 --scratch FOLDER [--adapters dat:mlp]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd

from sabench import api
from sabench.corpora import twins
from sabench.interfaces.records import Twin
from sabench.registry.registry import Registry

NORMALISERS = ("speaker-zscore", "speaker-corpus", "warping", "ifn", "corpus-zscore", "corpus-warping")


def main() -> None:
    """Print one row per method: mean gain over twin seeds, its standard deviation, each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="aibo:5class")
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--adapters", nargs="*", default=[], metavar="METHOD:BASELINE")
    parser.add_argument("--scratch", type=Path, help="where twins and results are kept; a folder that goes by default")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        rows = [gains(chosen, seed, chosen.scratch or Path(passing)) for seed in range(chosen.seeds)]
    table = pd.DataFrame(rows).T
    for name, values in table.iterrows():
        of_each_seed = "  ".join(f"{value:+5.1f}" for value in values)
        print(f"{name:28s} {values.mean():+5.1f} (sd {values.std(ddof=min(1, len(values) - 1)):.1f})   {of_each_seed}")


def gains(chosen: argparse.Namespace, seed: int, scratch: Path) -> dict[str, float]:
    """Return gains in percentage points on the twin of one seed."""
    name = chosen.dataset.partition(":")[0]
    root = scratch / f"{name}-{chosen.scale:g}-{seed}"
    twins.simulate(name, Registry().create("datasets", name), root, Twin(chosen.scale, seed, 0.0))

    def uar(adapter: str, normaliser: str | None = None) -> float:
        outcome = api.run(
            adapter, chosen.dataset, normaliser=normaliser, root=root, results=scratch / "results", track=False
        )
        return 100 * float(outcome.runs["uar_mean"].iloc[0])

    plain = uar("svm")
    gains = {f"svm behind {normaliser}": uar("svm", normaliser) - plain for normaliser in NORMALISERS}
    gains["svm-neutral"] = uar("svm-neutral") - plain
    for pair in chosen.adapters:
        method, _, baseline = pair.partition(":")
        gains[f"{method} over {baseline}"] = uar(method) - uar(baseline)
    return gains


if __name__ == "__main__":
    main()
