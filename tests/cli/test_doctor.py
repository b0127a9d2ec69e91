import json

import pytest
from made_results import SVM, Made
from typer.testing import CliRunner

from sabench import doctor
from sabench.cli.app import app
from sabench.results.folder import Results


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    for name in ("CACHE", "CONFIG"):
        monkeypatch.setenv(f"SABENCH_{name}", str(tmp_path / name))
    monkeypatch.chdir(tmp_path)


def seen(*arguments, status=0):
    done = CliRunner().invoke(app, ["doctor", "--json", *arguments])
    assert done.exit_code == status, done.stdout
    return {one["what"]: one for one in json.loads(done.stdout)["findings"]}


def test_a_machine_that_has_all_is_sound_and_nothing_is_written(tmp_path):
    found = seen()
    assert {one["state"] for one in found.values()} <= {"ok", "note"}
    for what in ("sabench", "torch", "opensmile", "mlflow", "processor", "adapters", "cache", "MLflow store"):
        assert found[what]["state"] == "ok"
    assert list(tmp_path.iterdir()) == []


def test_people_read_a_table_with_what_to_do():
    done = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200"})
    assert "sabench dataset link NAME FOLDER" in done.stdout
    assert "Nothing is at fault." in done.stderr


def test_a_corpus_that_is_gone_and_a_server_that_is_away_are_faults(monkeypatch, tmp_path):
    monkeypatch.setenv("SABENCH_EMODB_ROOT", str(tmp_path / "gone"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9")
    found = seen(status=1)
    assert found["corpus emodb"]["state"] == found["MLflow store"]["state"] == "fault"
    assert "sabench dataset link emodb FOLDER" in found["corpus emodb"]["advice"]
    assert "secret" not in str(found)


def test_a_missing_library_is_told_with_the_command_that_brings_it(monkeypatch):
    there = doctor.is_installed
    monkeypatch.setattr(doctor, "is_installed", lambda name: name != "opensmile" and there(name))
    assert seen(status=1)["opensmile"]["advice"].startswith("pip install opensmile; it is needed for eGeMAPS")


def test_damaged_runs_are_counted(tmp_path):
    made = Made(Results(tmp_path / "results"))
    made.run(SVM, run_id="good")
    made.run(SVM, run_id="bad")
    (tmp_path / "results" / "runs" / "bad" / "run.json").write_text("{")
    assert seen("--results", str(tmp_path / "results"), status=1)["runs"]["words"] == "1 of 2 are damaged, such as bad"


def test_a_look_that_fails_does_not_hide_the_others(monkeypatch):
    def broken():
        raise RuntimeError("no eyes")

    monkeypatch.setattr(doctor, "_devices", broken)
    found = seen(status=1)
    assert found["device"]["words"] == "RuntimeError: no eyes"
    assert found["MLflow store"]["state"] == "ok"
