"""Kills runs at random moments and counts what is lost: nothing, if all is well.

    python benchmarks/kills.py --root EMODB [--rounds 20] [--seed 0]

Every round starts the same run with two jobs in a fresh results folder, kills its parent (odd rounds) or one
of its workers (even rounds) with SIGKILL, repeats the command until it is done, and compares with a run that was
left alone: the numbers, which cells were computed again, and which processes stayed behind.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from sabench.results.folder import Results

METHODS = ["--adapter", "svm", "--adapter", "svm-norm", "--adapter", "eresnet"]
TINY = [
    "--preset",
    "small",
    "--set",
    "eresnet.width=0.03125",
    "--set",
    "eresnet.epochs=3",
    "--set",
    "eresnet.crop_s=0.5",
]


def part_of(root: Path, place: Path) -> str:
    """Link the recordings of four speakers into a folder of their own, so that a round stays short."""
    (place / "wav").mkdir(parents=True)
    for path in sorted((root / "wav").glob("*.wav")):
        if path.name[:2] in ("03", "08", "09", "10"):
            (place / "wav" / path.name).symlink_to(path.resolve())
    return str(place)


def command(root: str, results: Path) -> list[str]:
    fixed = ["--dataset", "emodb", "--root", root, "--protocol", "speaker-kfold:3", "--jobs", "2", "--threads", "1"]
    return [sys.executable, "-m", "sabench", "run", *METHODS, *TINY, *fixed, "--results", str(results)]


def start(root: str, results: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{results.parent / 'mlflow.db'}"}
    return subprocess.Popen(
        command(root, results), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )


def predictions(results: Path) -> dict[str, np.ndarray]:
    reader = Results(results)
    return {run.run_id: reader.predictions(run).probabilities for run in reader.runs()}


def finished_fits(results: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in results.glob("cells/*/*/fit.json")}


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    return [child for child in parent.children(recursive=True) if "sabench.tracking" not in child.cmdline()]


def kill(process: subprocess.Popen[bytes], *, parent: bool, after_s: float, rng: random.Random) -> list[psutil.Process]:
    """Kill the parent or one worker; returns the processes that belonged to the run, none where it came too late."""
    time.sleep(after_s)
    try:
        root = psutil.Process(process.pid)
        family = root.children(recursive=True)
        victims = [root] if parent else workers_of(root)
        if process.poll() is not None or not victims:
            return []
        rng.choice(victims).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return []
    return family


def still_alive(family: list[psutil.Process], patience_s: float = 10.0) -> int:
    _, alive = psutil.wait_procs(family, timeout=patience_s)
    return len(alive)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = part_of(Path(options.root), Path(folder) / "emodb")
        begun = time.monotonic()
        undisturbed = Path(folder) / "undisturbed" / "results"
        undisturbed.parent.mkdir()
        if start(root, undisturbed).wait():
            print("The undisturbed run failed; nothing was measured.")
            return 1
        length_s = time.monotonic() - begun
        expected = predictions(undisturbed)
        print(f"undisturbed: {len(expected)} runs in {length_s:.1f} s")
        tried, outcomes = 0, []
        while len(outcomes) < options.rounds and tried < 3 * options.rounds:
            outcome = one_round(root, Path(folder) / str(tried) / "results", len(outcomes), length_s, expected, rng)
            tried += 1
            outcomes += [] if outcome is None else [outcome]
        print(
            f"{sum(outcomes)} of {len(outcomes)} kills lost nothing; {tried - len(outcomes)} came before or after work"
        )
        return int(not all(outcomes) or len(outcomes) < options.rounds)


def one_round(
    root: str, results: Path, number: int, length_s: float, expected: dict[str, np.ndarray], rng: random.Random
) -> bool | None:
    """Return whether a kill lost nothing; None where it met nobody."""
    results.parent.mkdir()
    parent = number % 2 == 1
    after_s = rng.uniform(0.2, 0.9) * length_s
    process = start(root, results)
    family = kill(process, parent=parent, after_s=after_s, rng=rng)
    first = process.wait()
    if not family:
        return None
    orphans = still_alive(family)
    before = finished_fits(results)
    again = start(root, results).wait() if first else 0
    after = finished_fits(results)
    recomputed = sum(after[path] != stamp for path, stamp in before.items())
    kept = predictions(results)
    same = kept.keys() == expected.keys() and all(np.array_equal(kept[name], expected[name]) for name in expected)
    victim = "parent" if parent else "worker"
    print(
        f"round {number:2d}: {victim} killed after {after_s:4.1f} s (exit {first:3d}), {len(before)} fits kept, "
        f"{recomputed} recomputed, {orphans} orphans, resumed with exit {again}, same numbers: {same}",
        flush=True,
    )
    return same and not recomputed and not orphans and not again


if __name__ == "__main__":
    sys.exit(main())
