from __future__ import annotations

import numpy as np
import pytest
from made_speakers import utterances

from sabench import Utterances
from sabench_plugins.companions import NOBODY, draw_companions


def test_they_are_neutral_utterances_of_the_same_speaker_and_never_the_utterance_itself():
    train = utterances()
    for seed in range(5):
        drawn = draw_companions(train, 3, np.random.default_rng(seed))
        assert train.neutral[drawn].all()
        assert (train.speaker[drawn] == train.speaker[:, None]).all()
        assert (drawn != np.arange(len(train))[:, None]).all()
        assert all(len(set(row)) == 3 for row in drawn.tolist())


def test_all_are_drawn_alike_often():
    train = utterances()
    drawn = np.concatenate([draw_companions(train, 1, np.random.default_rng(seed))[:1] for seed in range(600)])
    counts = np.unique(drawn, return_counts=True)[1]
    assert len(counts) == 6
    assert counts.min() > 60


def test_a_speaker_with_fewer_supplies_what_there_is():
    train = utterances(n_per_class=2)
    drawn = draw_companions(train, 4, np.random.default_rng(0))
    there = (drawn != NOBODY).sum(axis=1)
    assert there.tolist() == np.where(train.neutral, 1, 2).tolist()


def test_an_utterance_may_stand_beside_itself_where_that_is_allowed():
    train = utterances(n_per_class=1)
    drawn = draw_companions(train, 1, np.random.default_rng(0), allow_self=True)[:, 0]
    assert (drawn[train.neutral] == np.flatnonzero(train.neutral)).all()


def test_those_of_other_speakers_come_from_all_others_and_from_one_an_utterance():
    train = utterances(speakers=4)
    givers = set()
    for seed in range(20):
        drawn = draw_companions(train, 2, np.random.default_rng(seed), whose="other-speaker")
        assert train.neutral[drawn].all()
        assert (train.speaker[drawn] != train.speaker[:, None]).all()
        assert (train.speaker[drawn[:, 0]] == train.speaker[drawn[:, 1]]).all()
        givers |= set(train.speaker[drawn[0]])
    assert givers == {"s1", "s2", "s3"}


@pytest.mark.parametrize("able", ["s0", "nobody"])
def test_where_no_other_speaker_has_any_nobody_stands_in(able):
    made = utterances(speakers=2)
    train = Utterances(made.features, made.y, made.speaker, made.neutral & (made.speaker == able), made.classes)
    drawn = draw_companions(train, 1, np.random.default_rng(0), whose="other-speaker")[:, 0]
    assert (drawn[made.speaker == "s0"] == NOBODY).all()
