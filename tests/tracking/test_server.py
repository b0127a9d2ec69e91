"""A real MLflow server on the loopback address, and MLflow's own pages over the default store."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from sabench.tracking.files import NAMES
from sabench.tracking.follower import Follower
from sabench.tracking.tracker import Tracker

START_S = 90.0


@contextlib.contextmanager
def serve(folder, *arguments):
    """Run `mlflow ARGUMENTS` in a folder and yield its address; skip where it does not come up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", *arguments, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        _await(f"http://127.0.0.1:{port}", server, folder / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        log.close()


def _await(address, server, log):
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.skip(f"mlflow server did not start within {START_S:.0f} s: {log.read_text()[-300:]}")


def ask(address, path, **body):
    """Return the answer of MLflow's REST interface."""
    request = urllib.request.Request(
        f"{address}/api/2.0/mlflow/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.skipif(os.name == "nt", reason="the server is stopped by its process group")
def test_a_server_named_by_the_environment_holds_what_a_file_would(made, tmp_path, monkeypatch, look):
    with serve(tmp_path, "server") as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        made.epochs("A", 1, 3)
        tracker = Tracker(made.results)
        tracker.update(made.run_id)
        made.complete()
        with Follower(made.results.folder) as follower:
            follower.finish(made.run_id)
        assert follower.errors == []
        seen = look(tracker)
        assert seen.parent.info.status == "FINISHED"
        assert seen.parent.data.metrics["uar_mean"] == 0.75
        assert set(seen.folds) == {"A", "B", "C"}
        assert seen.curve("A", "loss") == [(1, 1.0), (2, 0.5), (3, 0.333333)]
        assert seen.files() == set(NAMES)
        assert (tracker.finish(made.run_id).metrics, tracker.address.ui) == (0, "")
    assert not (tmp_path / ".mlflow.db.lock").exists()  # only the server touched its database


@pytest.mark.skipif(os.name == "nt", reason="the server is stopped by its process group")
def test_plain_mlflow_ui_in_the_same_directory_shows_the_default_store(made, tmp_path, monkeypatch):
    made.complete()
    monkeypatch.chdir(tmp_path)
    tracker = Tracker(made.results)
    tracker.finish(made.run_id)
    assert tracker.address.ui == "mlflow ui"
    with serve(tmp_path, "ui") as address:
        experiment = ask(address, "experiments/search", max_results=10)["experiments"]
        (ours,) = [found["experiment_id"] for found in experiment if found["name"] == "sabench"]
        runs = ask(address, "runs/search", experiment_ids=[ours])["runs"]
        (parent,) = [run["info"] for run in runs if run["info"]["run_name"].startswith("svm-norm")]
        picture = f"{address}/get-artifact?path=confusion_matrix.png&run_uuid={parent['run_id']}"
        with urllib.request.urlopen(picture, timeout=30) as answer:
            assert answer.read(4) == b"\x89PNG"
    assert len(runs) == 4
