import pytest

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
    assert skipped == ({"clips_of_one_frame_are_survived"} if cls is Centroid else {"every_accepted_kind_is_taken"})


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
