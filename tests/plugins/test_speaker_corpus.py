import numpy as np
import pytest
from made_speakers import unlabelled, utterances, view

from sabench.checks import parametrize_with_checks
from sabench_plugins.normalisers.speaker_corpus import SpeakerCorpus


def test_the_speaker_gives_the_mean_and_the_corpus_the_deviation():
    train = utterances()
    normaliser = SpeakerCorpus()
    normaliser.fit(train)
    own = [train.features.take(rows).stack() for rows in train.rows_of.values()]
    deviation = np.sqrt(np.mean([values.var(axis=0, ddof=1) for values in own], axis=0))
    target = 100 + 0.1 * train.features.take(train.rows_of["s2"]).stack()
    transform = normaliser.enrol(unlabelled(view(*target)))
    assert transform(target[3]) == pytest.approx((target[3] - target.mean(axis=0)) / deviation, abs=1e-4)


def test_how_much_a_speaker_varies_is_kept():
    normaliser = SpeakerCorpus()
    train = utterances()
    normaliser.fit(train)
    own = train.features.take(train.rows_of["s0"])
    wide = own.map(lambda array: 4 * array)
    varied = [np.std([normaliser.enrol(unlabelled(of))(array) for array in of]) for of in (own, wide)]
    assert varied[1] == pytest.approx(4 * varied[0], rel=1e-4)


def test_without_enrolment_it_is_the_identity():
    normaliser = SpeakerCorpus()
    normaliser.fit(utterances())
    assert normaliser.enrol(unlabelled(view()))(np.float32([1, 2, 3])).tolist() == [1, 2, 3]


@parametrize_with_checks([SpeakerCorpus()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
