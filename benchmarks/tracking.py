"""Do runs that start at once on a fresh MLflow SQLite store lose anything?

Makes a corpus of tones, starts `sabench run` so many times at once, each with a seed of its own, in one
directory without a store, and counts what the store holds. Run it with

    python benchmarks/tracking.py [--runs 16]

None may be lost: as many finished parent runs as were started, each with all folds, parameters, scores
and files, and no process that fails or warns.
"""

from __future__ import annotations

import argparse
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

from sabench.results.folder import Results
from sabench.testing import make_corpus
from sabench.tracking import library
from sabench.tracking.files import NAMES
from sabench.tracking.tracker import Tracker

SABENCH = Path(sysconfig.get_path("scripts")) / "sabench"


def start(folder: Path, table: Path, seed: int) -> subprocess.Popen[str]:
    """Start one run of the matrix."""
    command = [str(SABENCH), "run", "--adapter", "svm", "--dataset", "table", "--root", str(table)]
    command += ["--protocol", "loso", "--pool", "neutral=0", "--seed", str(seed), "--jobs", "1"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def whole(client: object, runs: list, parent: object) -> bool:
    """Return whether a parent run has its folds, parameters, scores and files."""
    folds = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    files = {item.path for item in client.list_artifacts(parent.info.run_id)}
    scored = {"uar_mean", "uar_pooled"} <= parent.data.metrics.keys() and "adapter.C" in parent.data.params
    done = all(run.info.status == "FINISHED" for run in (parent, *folds))
    return len(folds) == 4 and done and scored and files == set(NAMES)


def main() -> None:
    """Print how many runs were started, and how many the store holds whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=16)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = make_corpus(folder / "corpus")
        began = time.perf_counter()
        started = [start(folder, table, seed) for seed in range(options.runs)]
        said = [process.communicate()[1] for process in started]
        seconds = time.perf_counter() - began

        address = Tracker(Results(folder / "sabench-results")).address
        client = library.client(address.uri)
        experiment = client.get_experiment_by_name(address.experiment)
        runs = client.search_runs([experiment.experiment_id], max_results=10_000)
        parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
        there = [whole(client, runs, parent) for parent in parents]

    pairs = zip(started, said, strict=True)
    failed = [text for process, text in pairs if process.returncode or "Warning" in text]
    print(f"{options.runs} runs started at once on a fresh store, {seconds:.0f} s; {len(failed)} failed or complained")
    for text in failed:
        print("\n".join([line for line in text.splitlines() if "Warning" in line] or text.splitlines()[-1:]))
    print(f"parent runs on the store: {len(parents)}, whole: {sum(there)} (expected {options.runs})")
    raise SystemExit(bool(failed) or sum(there) != options.runs or len(parents) != options.runs)


if __name__ == "__main__":
    main()
