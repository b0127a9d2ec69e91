import pytest

from sabench.checks import Subject, checks_of, run
from sabench.errors import CheckFailure
from tests.checks import wrong_datasets, wrong_features, wrong_normalisers
from tests.checks.honest import Folders, Loudness, Mean, write_folders

HONEST = {"normalisers": Mean, "features": Loudness, "datasets": Folders}
WRONG = {
    "normalisers": wrong_normalisers.WRONG,
    "features": wrong_features.WRONG,
    "datasets": wrong_datasets.WRONG,
}
CASES = [(kind, *case) for kind, cases in WRONG.items() for case in cases]


def subject(cls):
    return Subject(cls(), write_folders if issubclass(cls, Folders) else None)


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_plugin_passes_every_check(kind):
    outcomes = list(run(subject(HONEST[kind])))
    assert [(outcome.check, outcome.detail) for outcome in outcomes if outcome.status != "passed"] == []
    assert len(outcomes) == len(checks_of(kind))


@pytest.mark.parametrize(
    ("kind", "name", "cls", "words"), CASES, ids=[f"{kind}-{cls.__name__}-{name}" for kind, name, cls, _ in CASES]
)
def test_a_wrong_plugin_is_caught_by_the_check_that_is_there_for_it(kind, name, cls, words):
    check = {check.name: check for check in checks_of(kind)}[name]
    with pytest.raises(CheckFailure, match=words):
        check(subject(cls))


@pytest.mark.parametrize("kind", WRONG)
def test_every_check_has_a_wrong_plugin_that_it_catches(kind):
    assert {name for name, _, _ in WRONG[kind]} == {check.name for check in checks_of(kind)}


@pytest.mark.parametrize("kind", WRONG)
def test_every_check_says_in_a_sentence_why_it_is_there(kind):
    assert [check.name for check in checks_of(kind) if not check.reason.endswith(".")] == []
