import json
import os
import subprocess
import sys

import pytest
from made_results import SVM, Made
from typer.testing import CliRunner

from sabench.cells.folder import CellFolder
from sabench.cli.app import app
from sabench.machine.files import write_json
from sabench.results.folder import Results
from sabench.results.progress import progress


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "results")


@pytest.fixture
def partial(results):
    """A run of four folds of which two are there, 1.5 s each."""
    return Made(results, n_speakers=4).run(SVM, missing=("s02", "s03"))


def begin(results, run, fold, pid, *, epochs=()):
    folder = results.cell(run.folds[fold])
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.begin()
    write_json(folder.path / "attempt.json", {"pid": pid, "started": 0.0, "spent": 0.0})
    for epoch in epochs:
        folder.report(epoch=epoch, epochs=24)
    return folder


def status(results, *arguments):
    return CliRunner().invoke(app, ["status", "--results", str(results.folder), *arguments], env={"COLUMNS": "200"})


def test_a_run_on_which_nobody_works_is_idle(results, partial):
    (one,) = progress(results)
    assert (one.state, one.n_done, one.n_waiting, one.at_work, one.left_s) == ("idle", 2, 2, (), None)
    done = status(results)
    assert "2/4" in done.stdout
    assert "0 of 1 runs are complete." in done.stderr
    assert "goes on" in done.stderr


def test_a_fold_at_work_is_told_with_its_epoch_and_the_expected_end(results, partial):
    begin(results, partial, "s02", os.getpid(), epochs=(1, 2))
    (one,) = progress(results)
    assert one.state == "running"
    (fold,) = one.at_work
    assert (fold.fold, fold.epoch, fold.n_epochs, fold.alive) == ("s02", 2, 24, True)
    assert one.left_s == pytest.approx(2.0)  # one more fold; the one at work should have ended long ago
    assert "s02 epoch 2/24" in status(results).stdout


def test_a_fold_whose_process_was_killed_is_no_work(results, partial):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    begin(results, partial, "s02", ended.pid)
    (one,) = progress(results)
    assert (one.state, one.at_work[0].alive, one.left_s) == ("idle", False, None)
    assert "s02 (no process here)" in status(results).stdout


def test_failed_folds_are_counted(results, partial):
    CellFolder(begin(results, partial, "s02", os.getpid()).path).fail("no luck")
    (one,) = json.loads(status(results, "--json").stdout)["runs"]
    assert (one["state"], one["failed"], one["done"], one["waiting"]) == ("failed", 1, 2, 1)


def test_complete_runs_are_shown_where_asked_for(results):
    Made(results, n_speakers=4).run(SVM)
    assert json.loads(status(results, "--json").stdout)["runs"] == []
    assert json.loads(status(results, "--all", "--json").stdout)["runs"][0]["state"] == "complete"
