import json

import pytest
from made_results import SVM, SVM_NORM, Made
from typer.testing import CliRunner

from sabench.cli.app import app
from sabench.errors import ResultsError
from sabench.results.folder import Results


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def runs(folder):
    made = Made(Results(folder), n_speakers=10)
    return [
        made.run(SVM, 0.4, run_id="svm-0"),
        made.run(SVM_NORM, 0.9, run_id="norm-0", draws=("first", "zeros"), draw_skill={"first": 0.9, "zeros": 0.2}),
    ]


@pytest.fixture
def sabench(folder):
    def call(*arguments):
        done = CliRunner().invoke(app, [*arguments, "--results", str(folder)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return call


def test_show_tells_score_and_verdict(sabench, runs):
    text = sabench("show", "norm").stdout
    assert "svm-norm on emodb 3class, loso, seed 0: UAR" in text
    assert "svm-norm beats svm on emodb 3class by" in text
    assert "worst speaker" in text
    assert "s09" in text


def test_show_as_json_is_one_object(sabench, runs):
    value = json.loads(sabench("show", "norm-0", "--json").stdout)
    assert value["verdict"]["significant"] is True
    assert len(value["folds"]) == 10
    assert 0 < value["scores"]["low"] < value["scores"]["uar"]


def test_show_of_a_control_has_no_verdict_against_a_baseline(sabench, runs):
    value = json.loads(sabench("show", "norm-0", "--draw", "zeros", "--json").stdout)
    assert value["verdict"] is None
    assert "enrolled by zeros" in value["sentences"][0]


def test_show_of_a_run_without_folds_says_how_to_go_on(sabench, folder):
    made = Made(Results(folder), n_speakers=3)
    run = made.run(SVM, missing=made.speakers, run_id="late")
    made.fail(run, "s01", "out of memory")
    text = sabench("show", "late").stdout
    assert "late has no complete fold yet" in text
    assert "Fold s01 failed: out of memory" in text


def test_show_of_a_seed_that_is_not_complete_stands_for_itself(sabench, runs, folder):
    made = Made(Results(folder), n_speakers=10)
    for method, run_id in ((SVM, "svm-1"), (SVM_NORM, "norm-1")):
        made.run(method, 0.4, seed=1, missing=["s00"], run_id=run_id)
    assert "svm-norm" in json.loads(sabench("show", "norm-1", "--json").stdout)["verdict"]["verdict"]
    assert json.loads(sabench("show", "svm-1", "--json").stdout)["verdict"] is None


def test_show_of_an_unknown_run_is_an_error(sabench, runs):
    with pytest.raises(ResultsError, match="No run is called 'nrom'"):
        sabench("show", "nrom")


def test_compare_prints_the_verdict(sabench, runs):
    text = sabench("compare", "norm-0", "svm-0").stdout
    assert text.startswith("svm-norm beats svm on emodb 3class by")
    assert "smallest attainable p is 0.002" in text


def test_compare_takes_a_draw_behind_an_at_sign(sabench, runs):
    value = json.loads(sabench("compare", "norm-0@zeros", "norm-0", "--json").stdout)
    assert "scores higher enrolled by first than enrolled by zeros, by " in value["verdict"]


def test_compare_refuses_other_protocols(sabench, runs, folder):
    Made(Results(folder), protocol="challenge").run(SVM, run_id="other")
    with pytest.raises(ResultsError, match="their protocols differ"):
        sabench("compare", "other", "svm-0")


def test_leaderboard_writes_a_page_into_the_results_folder(sabench, runs, folder):
    done = sabench("leaderboard")
    assert "svm-norm" in done.stdout
    assert (folder / "leaderboard.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_leaderboard_writes_what_is_asked_for(sabench, runs, folder, tmp_path):
    names = {"--output": "b.html", "--markdown": "b.md", "--csv": "b.csv"}
    sabench("leaderboard", *(part for flag, name in names.items() for part in (flag, str(tmp_path / name))))
    assert all((tmp_path / name).stat().st_size > 100 for name in names.values())
    assert not (folder / "leaderboard.html").exists()


def test_leaderboard_as_json_is_one_object(sabench, runs):
    value = json.loads(sabench("leaderboard", "--json").stdout)
    assert [row["method"] for row in value["tables"][0]["rows"]] == ["svm", "svm-norm"]


def test_a_missing_results_folder_is_an_error(sabench):
    with pytest.raises(ResultsError, match="There is no results folder .* make it with: sabench run"):
        sabench("leaderboard")


def test_an_empty_results_folder_is_told(sabench, folder):
    folder.mkdir()
    assert "There is no finished run yet" in sabench("leaderboard").stderr


def test_runs_lists_what_is_there(sabench, runs):
    value = json.loads(sabench("runs", "--json").stdout)
    assert [run["run_id"] for run in value["runs"]]
    assert value["damaged"] == {}
    some = json.loads(sabench("runs", "-a", "svm-norm", "--status", "complete", "--json").stdout)["runs"]
    assert {run["adapter"] for run in some} == {"svm-norm"}
    assert sabench("runs").stdout.splitlines()[1].split()[0] == "run"
