"""What a terminal shows while cells are at work."""

import pytest
from made_results import SVM, Made

from sabench.cli.watching import Watcher
from sabench.interfaces.records import Cost
from sabench.results.folder import Results
from sabench.running.costs import Estimate


@pytest.fixture
def run(tmp_path):
    return Made(Results(tmp_path)).run(SVM)


@pytest.fixture
def watcher(run, monkeypatch):
    """A watcher in a terminal that has opened its bars."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    watcher = Watcher()
    watcher.planned([run], n_cells=2, n_done=0)
    yield watcher
    watcher.ended()


def test_a_fold_is_shown_by_its_name_whatever_signs_it_has(watcher, run, capsys):
    watcher.epoch(run, "[/b]x\x1b[31m", {"epoch": 1, "epochs": 4, "loss": 0.5, "samples_per_s": 80.0})
    shown = capsys.readouterr().err
    assert "[/b]x[31m" in shown
    assert "loss 0.500, 80 samples/s" in shown


@pytest.mark.parametrize("value", [None, "low", [1.0]])
def test_what_an_adapter_reports_besides_numbers_is_passed_over(watcher, run, capsys, value):
    names = ("loss", "validation_uar", "samples_per_s", "epoch", "epochs")
    for name in names:
        watcher.epoch(run, "s00", {"epoch": 1, "epochs": 4, "validation_uar": 0.25, name: value})
    assert "best validation UAR 25.0" in capsys.readouterr().err


def test_candidates_of_a_search_have_a_best_of_their_own(watcher, run, capsys):
    watcher.epoch(run, "s00", {"epoch": 1, "epochs": 4, "validation_uar": 0.75, "candidate": 1})
    watcher.epoch(run, "s00", {"epoch": 1, "epochs": 4, "validation_uar": 0.5, "candidate": 2})
    assert "candidate 2, best validation UAR 50.0" in capsys.readouterr().err


def test_what_takes_long_is_told_with_its_size_and_what_to_do(run, capsys):
    cost = Cost(90.0, 578_213, "Take a GPU.")
    watcher = Watcher()
    watcher.expected([Estimate(run, 10, 1, 430, cost, 900.0), Estimate(run, 10, 1, 430, Cost(1.0), 10.0)])
    told = capsys.readouterr().err
    assert "578 k parameters, 430 training utterances, about 15 min 0 s for 10 folds on cpu" in " ".join(told.split())
    assert told.count("about") == 1
    assert "Take a GPU." in told


def test_folds_side_by_side_shorten_what_is_told(run, capsys):
    Watcher().expected([Estimate(run, 10, 1, 430, Cost(90.0), 900.0, at_once=2)])
    assert "about 7 min 30 s for 10 folds, 2 at a time, on cpu" in " ".join(capsys.readouterr().err.split())
