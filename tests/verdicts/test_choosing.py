from __future__ import annotations

import pytest
from made_results import SVM, SVM_NORM, Made, method

from sabench.errors import ResultsError
from sabench.results.folder import Results
from sabench.verdicts.choosing import AmbiguousRun, chosen, chosen_pair

FILM = method("film", parameters={"k": 1}, variant="k=1")


@pytest.fixture
def results(tmp_path):
    results = Results(tmp_path)
    emodb, ravdess = Made(results, dataset="emodb"), Made(results, dataset="ravdess")
    emodb.run(SVM)
    for seed in (0, 1):
        emodb.run(SVM_NORM, seed=seed)
    emodb.run(method("film", parameters={"k": 2}, variant="k=2"))
    emodb.run(FILM)
    ravdess.run(SVM)
    return results


def test_an_exact_method_name_wins_though_others_begin_with_it(results):
    assert chosen(results, "svm:emodb").method.name == "svm"
    assert chosen(results, "svm-norm").method.name == "svm-norm"


def test_of_seeds_the_newest_counts(results):
    assert chosen(results, "svm-norm").seed == 1


@pytest.mark.parametrize("name", ["svm:ravdess", "svm:ravdess:3class"])
def test_a_method_may_be_named_with_its_dataset_and_task(results, name):
    assert chosen(results, name).dataset == "ravdess"


def test_two_methods_are_looked_for_under_one_protocol(results):
    first, second = chosen_pair(results, "svm", "svm-norm")
    assert first.protocol_hash == second.protocol_hash


def test_an_id_and_its_beginning_name_a_run(results):
    run = chosen(results, "svm:ravdess")
    assert chosen(results, run.run_id) == chosen(results, run.run_id[:-2]) == run


def test_a_variant_is_named_by_its_title(results):
    assert chosen(results, "film (k=1)").method == FILM


def test_what_tells_several_runs_apart_is_shown(results):
    with pytest.raises(AmbiguousRun, match="'film' may be any of 2 runs; name one by its id") as caught:
        chosen(results, "film")
    columns, rows = caught.value.differences
    assert columns == ["run", "method", "film.k"]
    assert [row[2] for row in rows] == ["2", "1"]


def test_an_unknown_name_gets_a_hint(results):
    with pytest.raises(ResultsError, match=r"No run is called 'svm-nrm'. Did you mean 'svm-norm'\?.*sabench runs"):
        chosen(results, "svm-nrm")
