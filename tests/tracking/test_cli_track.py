from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from sabench.cli import track
from sabench.errors import ResultsError


@pytest.fixture
def sabench(shared_uri, tmp_path):
    """Call `sabench track ...` on the made run, on an experiment of its own."""
    app = typer.Typer()
    track.register(app)
    options = ["--results", str(tmp_path / "sabench-results"), "--uri", shared_uri, "--experiment", tmp_path.name]

    def call(*arguments):
        return CliRunner().invoke(app, [*arguments, *options], catch_exceptions=False)

    return call


def test_all_runs_are_written_and_counted(sabench, make, tmp_path):
    for run_id in ("one", "two"):
        make(tmp_path / "sabench-results", run_id).complete()
    told = json.loads(sabench("--json").stdout)
    assert told["experiment"] == tmp_path.name
    assert [(run["run_id"], run["status"], run["folds"]) for run in told["runs"]] == [
        ("one", "FINISHED", 3),
        ("two", "FINISHED", 3),
    ]


def test_a_run_is_named_by_its_beginning_and_written_once(sabench, make, tmp_path):
    for run_id in ("one", "two"):
        make(tmp_path / "sabench-results", run_id).complete()
    assert json.loads(sabench("tw", "two", "--json").stdout)["runs"][0]["files"]
    (again,) = json.loads(sabench("tw", "--json").stdout)["runs"]
    assert (again["params"], again["metrics"], again["files"]) == (0, 0, [])


def test_the_table_says_what_was_written_and_how_to_see_it(sabench, make, shared_uri, tmp_path):
    make(tmp_path / "sabench-results", "one")
    done = sabench()
    assert "one" in done.stdout
    assert "killed" in done.stdout
    assert f"See it with: mlflow ui --backend-store-uri '{shared_uri}'" in done.stderr


def test_a_folder_without_runs_is_told_with_the_way_out(sabench):
    with pytest.raises(ResultsError, match=r"holds no run\. Name the folder with --results"):
        sabench()


def test_an_unknown_run_is_told(sabench, make, tmp_path):
    make(tmp_path / "sabench-results", "one")
    with pytest.raises(ResultsError, match=r"no run is called 'three'.*There are: one"):
        sabench("three")
