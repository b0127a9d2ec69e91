"""What share of a run of support vector machines, features cached, is MLflow's?

    python benchmarks/tracking_share.py --root EMODB [--dataset emodb] [--rounds 5]

Runs `sabench run --adapter svm` with `--no-track` and with `--track` on a store that is there already, by turns, each
in a fresh results folder. Prints seconds until the table is shown and until the command ends, the share that
tracking has in both, processor seconds, and the bytes that one more run adds to the store over those of its results.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from growth import instruction_set, usual_environment

TABLE = b"Results (UAR"
"""With this begins the table that a user waits for."""


def timed(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float, float]:
    """Return seconds to the table, to the end, and of the processor."""
    started = time.perf_counter()
    shown = None
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    )
    with process.stdout as stream:
        for line in iter(stream.readline, b""):
            if shown is None and TABLE in line:
                shown = time.perf_counter() - started
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or shown is None:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}, table shown: {shown is not None}")
    return shown, time.perf_counter() - started, used.ru_utime + used.ru_stime


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    """Take both by turns and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--dataset", default="emodb")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = folder / "store"
        store.mkdir()
        environment = {
            **usual_environment(),
            "SABENCH_CACHE": str(folder / "cache"),
            "MLFLOW_TRACKING_URI": f"sqlite:///{store / 'mlflow.db'}",
            "PYTHONUNBUFFERED": "1",
        }
        run = [sys.executable, "-P", "-m", "sabench", "run", "--adapter", "svm", "--dataset", options.dataset]
        run += ["--root", str(options.root.resolve()), "--results"]
        timed([*run, "first", "--track"], folder, environment)  # extracts the features and makes the store
        sides: dict[str, list[tuple[float, float, float]]] = {"--no-track": [], "--track": []}
        known = set(folder.rglob("*"))
        before = size(folder) - size(folder / "cache")
        first = size(folder / "first")
        for number in range(options.rounds):
            for side, taken in sides.items():
                taken.append(timed([*run, f"results{side}{number}", side], folder, environment))
        tracked = [path for path in folder.iterdir() if path not in known and path.name.startswith("results--track")]
        results = sum(map(size, folder.glob("results--*")))
        added = size(folder) - size(folder / "cache") - before - results
        of_tracked = sum(map(size, tracked))
    print(f"{os.cpu_count()} cores, {instruction_set()}, load {os.getloadavg()[0]:.1f}; medians of {options.rounds}")
    middle = {side: [statistics.median(part) for part in zip(*taken, strict=True)] for side, taken in sides.items()}
    for side, (shown, ended, cpu) in middle.items():
        print(f"{side:10} table after {shown:5.2f} s, end after {ended:5.2f} s, processor {cpu:5.2f} s")
    for number, what in enumerate(("until the table", "until the end", "of the processor")):
        plain, tracking = (middle[side][number] for side in sides)
        print(f"MLflow's share {what}: {1 - plain / tracking:.0%}, {tracking / plain:.2f} times as long")
    print(f"the store, its empty tables included, is {(before - first) / first:.2f} times the results of the first run")
    print(f"the store grows by {added / max(of_tracked, 1):.2f} times the results of a run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
