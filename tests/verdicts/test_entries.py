from dataclasses import replace

import pytest
from made_results import SVM, SVM_NORM, Made, method

from sabench.errors import ResultsError
from sabench.results.folder import Results
from sabench.verdicts.entries import entries, entry_of, pair_of


@pytest.fixture
def made(tmp_path):
    return Made(Results(tmp_path))


def test_seeds_of_one_method_are_one_entry(made):
    for seed in (2, 0, 1):
        made.run(SVM, seed=seed)
    (entry,) = entries(made.results)
    assert [run.seed for run in entry.runs] == [0, 1, 2]
    assert entry.sample.n_seeds == 3


def test_names_that_mean_the_same_method_are_one_entry(made):
    made.run(SVM_NORM)
    made.run(replace(SVM_NORM, name="svm"), seed=1)
    (entry,) = entries(made.results)
    assert len(entry.runs) == 2


def test_other_parameters_are_another_entry(made):
    made.run(SVM)
    made.run(method("svm", parameters={"C": 0.1}, variant="C=0.1"), seed=1)
    assert [entry.title for entry in entries(made.results)] == ["svm", "svm (C=0.1)"]


def test_a_seed_that_ran_twice_counts_once_and_the_complete_run_wins(made):
    made.run(SVM, 0.9)
    made.run(SVM, 0.2, missing=["s00"])
    (entry,) = entries(made.results)
    assert [run.status for run in entry.runs] == ["complete"]


def test_seeds_that_are_not_complete_are_left_out_as_long_as_others_are(made):
    made.run(SVM, seed=0, missing=["s00"])
    made.run(SVM, seed=1)
    (entry,) = entries(made.results)
    assert [run.seed for run in entry.runs] == [1]
    assert entry.complete


def test_each_draw_is_an_entry(made):
    made.run(SVM_NORM, draws=("first", "other-speaker"))
    assert [(entry.draw, entry.control) for entry in entries(made.results)] == [
        ("first", False),
        ("other-speaker", True),
    ]


def test_a_draw_is_complete_though_another_draw_is_missing(made):
    run = made.run(SVM_NORM, draws=("first", "zeros"))
    cell = made.results.cell(run.folds["s00"])
    (cell.path / "evaluations" / f"{run.evaluations['zeros']['s00']}.npz").unlink()
    assert {entry.draw: entry.complete for entry in entries(made.results)} == {"first": True, "zeros": False}


def test_the_entry_of_a_run_holds_all_its_seeds(made):
    first = made.run(SVM, seed=0)
    made.run(SVM, seed=1)
    made.run(SVM_NORM, seed=2)
    assert [run.seed for run in entry_of(made.results, first).runs] == [0, 1]


def test_a_draw_that_a_run_does_not_have_is_refused(made):
    with pytest.raises(ResultsError, match="has no draw 'zeros'; it has first"):
        entry_of(made.results, made.run(SVM), "zeros")


def test_two_runs_of_one_method_stand_for_themselves(made):
    runs = [made.run(SVM, seed=seed) for seed in (0, 1, 2)]
    one, other = pair_of(made.results, (runs[0], "first"), (runs[2], "first"))
    assert [entry.runs for entry in (one, other)] == [(runs[0],), (runs[2],)]


def test_a_run_is_not_compared_with_itself(made):
    run = made.run(SVM)
    with pytest.raises(ResultsError, match="compared with itself"):
        pair_of(made.results, (run, "first"), (run, "first"))
