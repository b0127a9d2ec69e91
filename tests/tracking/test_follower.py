from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from sabench.tracking.follower import Follower

PARENT = """
import sys, time
from pathlib import Path
from sabench.tracking.follower import Follower
with Follower(Path(sys.argv[1])) as follower:
    follower.submit(sys.argv[2])
    print(follower._process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def follow(made, tracker):
    """Follow the run on the store that the tests share: `follow(**options)`."""

    def start(**options):
        return Follower(made.results.folder, uri=tracker.address.uri, experiment=tracker.address.experiment, **options)

    return start


def _named(tracker):
    address = tracker.address
    return os.environ | {"MLFLOW_TRACKING_URI": address.uri, "MLFLOW_EXPERIMENT_NAME": address.experiment}


def test_what_is_told_is_logged_before_it_closes(made, seen, follow):
    made.complete()
    with follow() as follower:
        follower.submit(made.run_id)
        follower.finish(made.run_id)
    assert follower.errors == []
    assert follower.logged[made.run_id]["status"] == seen.parent.info.status == "FINISHED"
    assert set(seen.folds) == {"A", "B", "C"}


def test_a_run_that_nobody_finished_is_shown_as_ended(made, seen, follow):
    made.complete("A")
    with follow() as follower:
        follower.submit(made.run_id)
    assert follower.errors == []
    assert seen.parent.info.status == "KILLED"


def test_starting_and_telling_take_no_time_from_the_run(made, follow, seen):
    started = time.monotonic()
    follower = follow()
    for _ in range(100):
        follower.submit(made.run_id)
    seconds = time.monotonic() - started
    follower.close()
    assert seconds < 1.0  # MLflow alone takes longer to import


def test_a_store_that_is_away_is_told_once_and_does_not_hold_up_the_end(made, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    told = []
    with Follower(made.results.folder, uri="http://127.0.0.1:9", on_error=told.append) as follower:
        follower.submit(made.run_id)
        follower.finish(made.run_id)
    assert len(told) == 1
    assert "http://127.0.0.1:9 does not answer" in str(told[0])
    assert "`sabench track` logs it later" in str(told[0])


def test_a_run_that_is_not_there_is_told_and_the_others_are_logged(made, seen, follow):
    with follow() as follower:
        follower.finish("nothing")
        follower.finish(made.run_id)
    assert [str(error) for error in follower.errors if "no run is called 'nothing'" in str(error)]
    assert made.run_id in follower.logged


def test_a_process_that_dies_is_told_and_telling_goes_on_silently(made, follow):
    follower = follow()
    follower._process.kill()
    follower._process.wait()
    follower.submit(made.run_id)
    follower.close()
    assert "The process that writes to MLflow ended" in str(follower.errors[0])


def test_a_store_that_does_not_answer_is_given_up(made, follow):
    follower = follow()
    follower._process.send_signal(signal.SIGSTOP)
    follower.close(timeout_s=0.2)
    assert "did not answer within 0 s" in str(follower.errors[0])


def test_it_ends_with_a_parent_that_is_killed(made):
    command = [sys.executable, "-c", PARENT, str(made.results.folder), made.run_id]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    child.wait(timeout=30)
    assert not child.is_running()


@pytest.mark.skipif(os.name == "nt", reason="sends Ctrl-C to a process group")
def test_ctrl_c_reaches_the_parent_alone_which_has_the_run_shown_as_ended(made, tracker, seen):
    command = [sys.executable, "-c", PARENT, str(made.results.folder), made.run_id]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=_named(tracker), start_new_session=True)
    parent.stdout.readline()
    os.killpg(parent.pid, signal.SIGINT)
    parent.communicate()
    assert seen.parent.info.status == "KILLED"


def test_it_says_nothing_on_the_terminal(made, tracker, seen):
    code = (
        "import sys; from pathlib import Path; from sabench.tracking.follower import Follower\n"
        "with Follower(Path(sys.argv[1])) as f: f.finish(sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(made.results.folder), made.run_id]
    done = subprocess.run(command, capture_output=True, env=_named(tracker), check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert seen.parent.info.status == "KILLED"


def test_following_imports_neither_mlflow_nor_numpy():
    code = "import sys, sabench.tracking; print([m for m in ('mlflow', 'numpy', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_process_that_is_told_nothing_makes_no_store(made, tmp_path):
    with Follower(made.results.folder, prepare=False):
        pass
    assert not (tmp_path / "mlflow.db").exists()
