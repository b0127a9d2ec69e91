import pickle

import numpy as np
import pytest
from made_speakers import unlabelled, utterances, view

from sabench import Access, Utterances
from sabench.checks import parametrize_with_checks
from sabench_plugins.normalisers.ifn import IterativeFeatureNormalisation as Ifn
from sabench_plugins.normalisers.moments import Standardise
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments


def fitted(train: Utterances, **parameters) -> Ifn:
    normaliser = Ifn(**parameters)
    normaliser.fit(train)
    return normaliser


def aroused(speakers: int = 4, offset: float = 0.5, seed: int = 0, **parameters) -> Utterances:
    """Two classes of emotion on one side of neutral, so that a detector can tell neutral by a line."""
    of = utterances(speakers=speakers, offset=offset, seed=seed, **parameters)
    return Utterances(of.features, of.y, of.speaker, of.y == 0, of.classes)


def target(of: Utterances, name: str = "s0"):
    return of.features.take(of.rows_of[name])


def test_one_look_uses_the_mean_of_what_it_takes_for_neutral():
    train = aroused(offset=0.0)
    normaliser = fitted(train)
    own = target(aroused(speakers=1, seed=1))
    expected = normaliser.prior_.moments_of(UtteranceMoments.of(own[:6]))
    transform = normaliser.enrol(unlabelled(own))
    assert transform.mean == pytest.approx(expected.mean, abs=1e-4)
    assert transform.scale == pytest.approx(expected.scale, abs=1e-4)


def test_another_look_finds_what_the_first_missed():
    train = aroused(offset=3.0)
    own = target(aroused(speakers=1, seed=1)).map(lambda array: array + 1.5)
    truth = own.stack()[:6].mean(axis=0)
    errors = [np.abs(fitted(train, iterations=looks).enrol(unlabelled(own)).mean - truth).max() for looks in (1, 20)]
    assert errors[1] < errors[0]


def test_one_utterance_has_the_spread_of_the_training_speakers_neutral_speech():
    train = aroused()
    normaliser = fitted(train)
    transform = normaliser.enrol(unlabelled(view([-4.0, -4.0, -4.0])))
    neutral = [own[:6] for own in (target(train, name).stack() for name in train.rows_of)]
    assert transform.scale == pytest.approx(np.sqrt(np.mean([own.var(axis=0, ddof=1) for own in neutral], axis=0)))


def test_the_most_neutral_are_taken_where_too_few_are_found():
    normaliser = fitted(aroused(offset=0.0), least=0.5)
    heard = UtteranceMoments.of(view([9.0] * 3, [8.0] * 3, [7.0] * 3, [6.0] * 3))
    found = normaliser.detect(heard, Standardise.by(normaliser.prior_.moments))
    assert found.tolist() == [False, False, True, True]


def test_a_small_shift_of_a_speaker_is_undone():
    normaliser = fitted(aroused(offset=5.0))
    own = target(aroused(speakers=1, seed=1))
    shifted = own.map(lambda array: array + 0.5)
    plain, other = normaliser.enrol(unlabelled(own)), normaliser.enrol(unlabelled(shifted))
    assert other(shifted[7]) == pytest.approx(plain(own[7]), abs=1e-3)


def test_sequences_are_detected_by_mean_and_deviation_over_frames():
    train = aroused(offset=0.0, frames=6, width=2)
    normaliser = fitted(train)
    assert normaliser.coefficients_.shape == (4,)
    own = target(train)
    assert normaliser.enrol(unlabelled(own))(own[0]).shape == own[0].shape


@pytest.mark.parametrize("neutral", [True, False])
def test_without_both_sides_in_training_all_utterances_count(neutral):
    of = utterances()
    train = Utterances(of.features, of.y, of.speaker, np.full(len(of), neutral), of.classes)
    normaliser = fitted(train)
    own = target(of)
    transform = normaliser.enrol(unlabelled(own))
    expected = normaliser.prior_.moments_of(UtteranceMoments.of(own)).mean
    assert transform.mean == pytest.approx(expected, abs=1e-4)


def test_without_enrolment_it_is_the_identity():
    assert fitted(aroused()).enrol(unlabelled(view()))(np.float32([1, 2, 3])).tolist() == [1, 2, 3]


def test_all_utterances_are_asked_for_by_default():
    assert Ifn().access == Access(unlabelled="all")
    assert Ifn(unlabelled=5).access == Access(unlabelled=5)


def test_enrolling_changes_nothing_in_the_normaliser():
    train = aroused()
    normaliser = fitted(train)
    before = pickle.dumps(normaliser)
    normaliser.enrol(unlabelled(target(train)))
    assert pickle.dumps(normaliser) == before


def test_a_saved_one_maps_alike(tmp_path):
    train = aroused()
    normaliser = fitted(train)
    normaliser.save(tmp_path)
    again = Ifn()
    again.load(tmp_path)
    own = target(train)
    assert again.enrol(unlabelled(own))(own[0]).tolist() == normaliser.enrol(unlabelled(own))(own[0]).tolist()


def test_moments_of_utterances_pool_to_those_of_all_frames():
    features = view([[1.0], [2.0]], [[3.0], [7.0], [8.0]])
    pooled = UtteranceMoments.of(features).pooled()
    assert (pooled.count, pooled.mean[0], pooled.variance[0]) == (5, pytest.approx(4.2), pytest.approx(7.76))


@parametrize_with_checks([Ifn()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
