from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from sabench.cli import leaderboard
from sabench.errors import TrackingError


@pytest.fixture
def sabench(monkeypatch, tmp_path):
    """Call `sabench leaderboard` in a directory without results."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    leaderboard.register(app)

    def call(*arguments):
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    return call


def test_the_leaderboard_reads_a_tracking_server(sabench, made, tracker, monkeypatch, seen):
    made.complete()
    tracker.finish(made.run_id)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", tracker.address.experiment)
    value = json.loads(sabench("--tracking", tracker.address.uri, "--json").stdout)
    (row,) = value["tables"][0]["rows"]
    assert (row["method"], row["uar"], row["runs"]) == ("svm-norm", 0.75, [made.run_id])


def test_a_store_that_is_not_there_is_told(sabench, tmp_path):
    with pytest.raises(TrackingError, match="Name the store in MLFLOW_TRACKING_URI"):
        sabench("--tracking", f"sqlite:///{tmp_path / 'none.db'}")
