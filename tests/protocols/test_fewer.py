"""So many training speakers: who is taken, what stays the same, and what is refused."""

from __future__ import annotations

import pytest

from sabench import PlanError
from sabench.protocols.folds import PoolRule
from sabench.protocols.protocol import make
from sabench.running.plan import Plan
from tests.protocols.test_texts import corpus


def folds(name):
    return make(corpus(n_speakers=8), "f", name, PoolRule(neutral=1)).folds


def trained_on(fold):
    return {name.split("-")[0] for name in fold.train}


def test_so_many_speakers_train_and_what_is_scored_stays():
    for fold, whole in zip(folds("loso+train-4"), folds("loso"), strict=True):
        assert len(trained_on(fold)) == 4
        assert trained_on(fold) < trained_on(whole)
        assert (fold.validation, fold.test) == (whole.validation, whole.test)


def test_a_larger_number_holds_all_of_a_smaller_one():
    for two, four in zip(folds("loso+train-2"), folds("loso+train-4"), strict=True):
        assert trained_on(two) < trained_on(four)


def test_genders_keep_their_shares():
    for fold in folds("speaker-kfold:4+train-2"):
        assert sorted(int(name[1:]) % 2 for name in trained_on(fold)) == [0, 1]


def test_it_goes_with_other_sentences_in_any_order_and_has_one_name():
    made = make(corpus(n_speakers=8), "f", "loso+train-04+text-disjoint", PoolRule())
    same = make(corpus(n_speakers=8), "f", "loso+text-disjoint+train-4", PoolRule())
    assert made.card["protocol"] == "loso+text-disjoint+train-4"
    assert made.hash == same.hash != make(corpus(n_speakers=8), "f", "loso+text-disjoint", PoolRule()).hash


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("loso+train-7", r"7 training speakers were asked for; fold s0 has 6, apart from those who validate"),
        ("loso+train-1", r"train-1 asks for 1 training speakers; at least 2 are needed"),
        ("loso+train-two", r"Unknown protocol 'loso\+train-two'"),
    ],
)
def test_what_cannot_be_is_refused(name, words):
    with pytest.raises(PlanError, match=words):
        folds(name)


def test_a_plan_of_one_training_speaker_is_refused():
    with pytest.raises(PlanError, match="training_speakers"):
        Plan.build({"adapters": ["svm"], "datasets": ["x"], "training_speakers": 1})
