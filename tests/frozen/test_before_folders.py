"""A results folder, a feature store and bundles of an older version are read, continued and verified.

`before_folders.zip` was made by sabench 0.1.0 at commit f64ef4d; the commands stand in its `expected.json`. The
recordings are tones that `sabench.testing` computes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FROZEN = Path(__file__).parent / "before_folders.zip"
RUN = ("--dataset", "table", "--root", "corpus/corpus.csv", "--threads", "1", "--device", "cpu", "--no-track")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("frozen")
    with zipfile.ZipFile(FROZEN) as packed:
        packed.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def expected(place):
    return json.loads((place / "expected.json").read_text())


def sabench(place, *arguments):
    """Return what a command prints as JSON, run in a process of its own in the frozen folder."""
    own = {"SABENCH_CACHE": str(place / "cache"), "SABENCH_CONFIG": str(place / "config")}
    command = [sys.executable, "-m", "sabench", *arguments, "--json"]
    done = subprocess.run(
        command, cwd=place, env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def snapshot(folder):
    """Return what every file below a folder holds and when it was written."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def test_complete_runs_are_not_computed_again(place, expected):
    before = snapshot(place / "results" / "cells")
    outcome, told = sabench(place, "run", "--adapter", "svm", *RUN, "--results", "results")
    assert "1 run, 5 folds, 5 of them done before." in told
    assert snapshot(place / "results" / "cells") == before
    (row,) = outcome["runs"]
    assert [row["uar_mean"], row["uar_pooled"]] == expected["draws"][f"{row['run_id']} first"]


def test_a_fold_that_is_missing_is_the_only_one_computed(place, expected):
    before = snapshot(place / "results" / "cells")
    outcome, _ = sabench(place, "run", "--adapter", "logreg", *RUN, "--results", "results")
    after = snapshot(place / "results" / "cells")
    assert {name: after[name] for name in before} == before
    new = {Path(name).parts[1] for name in after.keys() - before.keys()}
    assert len(new) == 1
    (row,) = outcome["runs"]
    assert [row["uar_mean"], row["uar_pooled"]] == pytest.approx(expected["draws"][f"{row['run_id']} first"])


def test_features_are_read_from_the_older_store(place):
    store = place / "cache" / "features"
    before = snapshot(store)
    sabench(place, "run", "--adapter", "svm", *RUN, "--results", "fresh")
    assert snapshot(store) == before


def test_the_leaderboard_gives_the_same_scores(place, expected):
    board, _ = sabench(place, "leaderboard", "--results", "results", "--output", "page.html")
    scores = {row["method"]: row["uar"] for table in board["tables"] for row in table["rows"]}
    assert scores == pytest.approx(expected["leaderboard"])


@pytest.mark.parametrize("name", ["svm-neutral", "eresnet"])
def test_bundles_of_the_version_before_are_verified(place, expected, name):
    verified, _ = sabench(place, "verify", f"bundles/{name}.zip", "--root", "corpus/corpus.csv")
    assert [verified["run_id"], verified["scores_recomputed"]] == expected["verified"][name]
