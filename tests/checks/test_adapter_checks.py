import pytest
from sklearn.linear_model import LogisticRegression

from sabench import SklearnAdapter
from sabench.checks import Subject, checks_of, run
from sabench.errors import CheckFailure
from tests.checks.honest import Centroid
from tests.checks.wrong_adapters import WRONG, Memorising

CHECKS = {check.name: check for check in checks_of("adapters")}


class OnSequences(Centroid):
    accepts = ("sequences",)


@pytest.mark.parametrize("cls", [Centroid, OnSequences])
def test_an_honest_adapter_passes_every_check(cls):
    outcomes = {outcome.check: outcome for outcome in run(Subject(cls()))}
    assert {name for name, outcome in outcomes.items() if outcome.status == "failed"} == set()
    skipped = {name for name, outcome in outcomes.items() if outcome.status == "skipped"}
    other = "clips_of_one_frame_are_survived" if cls is Centroid else "every_accepted_kind_is_taken"
    assert skipped == {other, "its_classifier_is_one_of_scikit_learn"}


@pytest.mark.parametrize(("name", "cls", "words"), WRONG, ids=[f"{cls.__name__}-{name}" for name, cls, _ in WRONG])
def test_a_wrong_adapter_is_caught_by_the_check_that_is_there_for_it(name, cls, words):
    with pytest.raises(CheckFailure, match=words):
        CHECKS[name](Subject(cls()))


def test_every_check_of_adapters_has_a_wrong_adapter_that_it_catches():
    assert {name for name, _, _ in WRONG} == CHECKS.keys()


def test_every_check_says_in_a_sentence_why_it_is_there():
    assert [check.name for check in CHECKS.values() if not check.reason.endswith(".")] == []


def test_a_memory_that_is_full_from_an_earlier_check_is_caught_again():
    check = CHECKS["folds_in_reverse_order_change_nothing"]
    for _ in range(2):
        with pytest.raises(CheckFailure, match="it remembers earlier folds"):
            check(Subject(Memorising()))


class Mine(LogisticRegression):
    pass


class Own(SklearnAdapter):
    name = "own"

    def estimator(self, seed):
        return Mine(max_iter=50)


def test_a_classifier_of_ones_own_is_held_to_the_contract_of_scikit_learn():
    check = CHECKS["its_classifier_is_one_of_scikit_learn"]
    assert check.why_not(Subject(Own())) == ""
    check(Subject(Own()))


class Hesitant(SklearnAdapter):
    name = "hesitant"

    def estimator(self, seed):
        raise RuntimeError("not today")


def test_a_plugin_that_fails_before_a_check_begins_fails_the_check():
    with pytest.raises(CheckFailure, match="breaks scikit-learn's contract .in estimator.: RuntimeError: not today"):
        CHECKS["its_classifier_is_one_of_scikit_learn"](Subject(Hesitant()))
