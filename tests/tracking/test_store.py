from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from sabench.errors import TrackingError
from sabench.results.folder import Results
from sabench.tracking import store
from sabench.tracking.address import sqlite_file
from sabench.tracking.tracker import Tracker


@pytest.fixture
def database(tmp_path, shared_uri, seen):
    """A default store that this process has not opened; MLflow remembers those that it has."""
    return shutil.copy(sqlite_file(shared_uri), tmp_path / "mlflow.db")


TRACK = """
import sys
from pathlib import Path
from sabench.results.folder import Results
from sabench.tracking.tracker import Tracker
tracker = Tracker(Results(Path(sys.argv[1])))
tracker.prepare()
tracker.update(sys.argv[2])
"""


def test_processes_that_start_at_once_on_a_fresh_store_lose_no_run(tmp_path, make, look):
    """Four here; `benchmarks/tracking.py` starts sixteen."""
    runs = [make(tmp_path / "sabench-results", f"run-{number}", seed=number) for number in range(4)]
    for run in runs:
        run.complete("A", "B")
    started = [
        subprocess.Popen([sys.executable, "-c", TRACK, str(run.results.folder), run.run_id], stderr=subprocess.PIPE)
        for run in runs
    ]
    said = [process.communicate(timeout=300)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    assert said == [""] * 4
    parents = look(Tracker(Results(tmp_path / "sabench-results"))).parents
    assert sorted(run.data.tags["sabench.run_id"] for run in parents) == [run.run_id for run in runs]
    assert {run.info.status for run in parents} == {"RUNNING"}


def test_a_store_that_is_locked_by_another_tool_is_waited_for(made, tracker, seen):
    other = sqlite3.connect(tracker.address.database, isolation_level=None, check_same_thread=False)
    with contextlib.closing(other):
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(1.0, lambda: other.execute("COMMIT")).start()
        tracker.update(made.run_id)
    assert seen.parent.info.status == "RUNNING"


def test_a_call_is_repeated_while_the_database_is_locked():
    answers = iter([RuntimeError("(sqlite3.OperationalError) database is locked"), "done"])

    def call():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert store._patiently(call) == "done"


def test_any_other_error_is_not_repeated():
    calls = []

    def call():
        calls.append(1)
        raise RuntimeError("no such table")

    with pytest.raises(RuntimeError, match="no such table"):
        store._patiently(call)
    assert len(calls) == 1


def test_a_store_held_too_long_is_given_up_in_one_sentence(made, tracker, seen, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(store, "PATIENCE_S", 0.1)
    with (
        FileLock(tracker.address.lock),
        pytest.raises(TrackingError, match=r"held by another process.*`sabench track`"),
    ):
        tracker.update(made.run_id)


def test_a_folder_with_awkward_characters_can_hold_the_store(tmp_path, make, look):
    made = make(tmp_path / "50% of größe #1?" / "sabench-results")
    made.complete()
    tracker = Tracker(made.results)
    tracker.finish(made.run_id)
    assert (tmp_path / "50% of größe #1?" / "mlflow.db").stat().st_size > 0
    assert look(tracker).files()


def test_an_experiment_that_was_deleted_is_told_with_the_way_out(made, tracker, seen, shared_uri):
    seen.client.delete_experiment(seen.experiment.experiment_id)
    again = Tracker(made.results, uri=shared_uri, experiment=tracker.address.experiment)
    with pytest.raises(TrackingError, match=r"was deleted\. Restore it with `mlflow experiments restore"):
        again.prepare()


def test_a_file_that_is_no_database_is_told_in_one_sentence(tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be looked at " * 10)
    with pytest.raises(TrackingError, match=r"mlflow\.db cannot be used: .*not a database"):
        Tracker(Results(tmp_path / "sabench-results")).prepare()


def test_a_store_that_cannot_be_opened_is_told_at_once(tmp_path):
    (tmp_path / "folder.db").mkdir()
    started = time.monotonic()
    with pytest.raises(TrackingError, match=r"folder\.db cannot be used: .*unable to open database file"):
        Tracker(Results(tmp_path / "sabench-results"), uri=f"sqlite:///{tmp_path / 'folder.db'}").prepare()
    assert time.monotonic() - started < 30


def test_a_server_that_is_away_is_told_in_one_sentence_without_its_password(made, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = Tracker(made.results, uri="http://me:secret@127.0.0.1:9/")
    with pytest.raises(TrackingError) as told:
        away.update(made.run_id)
    assert str(told.value) == (
        "MLflow store http://127.0.0.1:9/ does not answer. Repair it, or name another in MLFLOW_TRACKING_URI. "
        "The run itself is safe; `sabench track` logs it later."
    )


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path, make, monkeypatch):
    made = make(tmp_path / "sabench-results")

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied", str(tmp_path / ".mlflow.db.lock"))

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(TrackingError, match=r"mlflow\.db cannot be used: .*Permission denied.*MLFLOW_TRACKING_URI"):
        Tracker(made.results).prepare()


def test_a_store_of_an_older_version_is_migrated(made, database, look):
    _downgrade(database)
    tracker = Tracker(made.results)
    tracker.update(made.run_id)
    assert look(tracker).parent.info.status == "RUNNING"


def test_a_copy_is_kept_of_a_store_that_mlflow_wants_migrated(made, database, monkeypatch):
    wants = iter([RuntimeError("Detected out-of-date database schema (found version a, but expected b).")])
    real = store.library.client

    def client(uri):
        for error in wants:
            raise error
        return real(uri)

    monkeypatch.setattr(store.library, "client", client)
    Tracker(made.results).prepare()
    assert len(list(database.parent.glob("mlflow.before-*.db"))) == 1


def test_a_store_of_a_newer_version_stays_as_it_is(made, database):
    _set_version(database, "ffffffffffff")
    before = database.read_bytes()
    with pytest.raises(TrackingError, match=r"probably newer, version of MLflow .* move the file away"):
        Tracker(made.results).prepare()
    assert database.read_bytes() == before
    assert not list(database.parent.glob("mlflow.before-*.db"))


def test_a_named_store_of_another_version_is_left_to_its_owner(made, database):
    _set_version(database, "ffffffffffff")
    with pytest.raises(TrackingError, match=r"Make a copy of it, then run `mlflow db upgrade` with its address"):
        Tracker(made.results, uri=f"sqlite:///{database}").prepare()


def test_a_server_database_of_another_version_is_told_without_its_password(made, monkeypatch):
    def client(uri):
        raise RuntimeError("Detected out-of-date database schema (found version a, but expected b).")

    monkeypatch.setattr(store.library, "client", client)
    with pytest.raises(TrackingError, match=r"MLflow store postgresql://host/runs was written by another") as told:
        Tracker(made.results, uri="postgresql://me:secret@host/runs").prepare()
    assert "secret" not in str(told.value)


def _set_version(database, version):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
        connection.commit()


def _downgrade(database):
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config, create_sqlalchemy_engine

    engine = create_sqlalchemy_engine(f"sqlite:///{database}")
    config = _get_alembic_config(f"sqlite:///{database}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    engine.dispose()
