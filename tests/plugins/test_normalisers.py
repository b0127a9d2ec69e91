import numpy as np
import pytest
from made_speakers import unlabelled, view

from sabench import ALL, Access, Enrolment, ParameterError, Utterances
from sabench.registry.registry import Registry
from sabench_plugins.normalisers.corpus_zscore import CorpusZScore
from sabench_plugins.normalisers.moments import moments
from sabench_plugins.normalisers.speaker_zscore import SpeakerZScore


def train(*speakers, neutral=()):
    """Utterances of one feature: a list of values for each speaker, s0, s1 ...; neutral ones by position."""
    values = [value for own in speakers for value in own]
    names = np.array([f"s{number}" for number, own in enumerate(speakers) for _ in own])
    is_neutral = np.isin(np.arange(len(values)), neutral)
    y = np.zeros(len(values), dtype=np.int64)
    return Utterances(view(*([value] for value in values)), y, names, is_neutral, ("a",))


def fitted(normaliser, *speakers, neutral=()):
    normaliser.fit(train(*speakers, neutral=neutral))
    return normaliser


def applied(transform, *values):
    return [transform(np.array([value], dtype=np.float32)).item() for value in values]


# Moments


def test_moments_are_those_of_numpy_over_all_axes_but_the_last():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(5, 2, (n, 3)).astype(np.float32) for n in (4, 1, 9)]
    found = moments(view(*arrays))
    frames = np.concatenate(arrays).astype(np.float64)
    assert found.count == 14
    assert np.allclose(found.mean, frames.mean(axis=0))
    assert np.allclose(found.variance, frames.var(axis=0))


def test_moments_of_large_values_keep_their_spread():
    found = moments(view([1e6 + 1], [1e6 - 1]))
    assert (found.mean.item(), found.variance.item()) == (1e6, 1.0)


def test_a_feature_that_does_not_vary_is_not_scaled():
    assert moments(view([3.0, 1.0], [3.0, 5.0])).scale.tolist() == [1.0, 2.0]


def test_a_spread_of_rounding_errors_is_none():
    assert moments(view([np.float32(1e6)], [np.float32(1e6 + 1e-4)])).scale.item() == 1.0


# Corpus normalisation


def test_the_corpus_normaliser_uses_the_training_set_for_everybody():
    normaliser = fitted(CorpusZScore(), [0.0, 2.0], [4.0, 6.0])  # mean 3, deviation sqrt(5)
    for enrolment in (Enrolment(), unlabelled(view([100.0], [200.0]))):
        assert applied(normaliser.enrol(enrolment), 3.0, 8.0) == pytest.approx([0.0, 5 / np.sqrt(5)])
    assert normaliser.access == Access()


# Speaker normalisation


@pytest.mark.parametrize("n", [2, 9, 10, 11, 50])
def test_over_all_utterances_it_is_the_speakers_own_mean_and_deviation_however_many_there_are(n):
    normaliser = fitted(SpeakerZScore(), [0.0, 2.0], [10.0, 14.0])
    values = 100.0 + 4.0 * np.arange(n)
    transform = normaliser.enrol(unlabelled(view(*values[:, None])))
    assert applied(transform, *values) == pytest.approx((values - values.mean()) / values.std(), abs=1e-6)


def test_the_only_utterance_of_a_speaker_has_the_training_speakers_deviation():
    normaliser = fitted(SpeakerZScore(), [0.0, 2.0], [10.0, 14.0])
    transform = normaliser.enrol(unlabelled(view([100.0])))
    assert transform.scale.item() == pytest.approx(np.sqrt(5))  # unbiased variances 2 and 8
    assert 7 < transform.mean.item() < 100


def test_frames_of_sequences_count_one_by_one():
    normaliser = SpeakerZScore()
    normaliser.fit(train([0.0], [1.0]))
    long, short = np.array([[0.0], [0.0], [0.0]]), np.array([[8.0]])
    transform = normaliser.enrol(unlabelled(view(long, short)))  # mean 2, variance 12
    assert transform(short.astype(np.float32)).item() == pytest.approx(6 / np.sqrt(12))
    assert transform(long.astype(np.float32)).shape == (3, 1)


def test_from_k_utterances_the_mean_is_drawn_to_the_training_speakers():
    # Training means 2 and 12 of two utterances: variance within 5, between (100 - 5) / 2.
    normaliser = fitted(SpeakerZScore(unlabelled=3), [1.0, 3.0], [10.0, 14.0])
    transform = normaliser.enrol(unlabelled(view([20.0], [24.0], [22.0])))
    share = 3 / (3 + 5 / 47.5)
    assert transform.mean.item() == pytest.approx(share * 22 + (1 - share) * 7)


def test_no_k_makes_a_step():
    """A speaker who always says the same two things: the estimate nears the own values and never leaps."""
    normaliser = fitted(SpeakerZScore(unlabelled=60), [0.0, 1.0, 5.0], [9.0, 11.0, 14.0], [3.0, 4.0, 4.5])
    said = [[20.0], [40.0]]
    found = [normaliser.enrol(unlabelled(view(*(said * n)))) for n in range(1, 31)]
    for values in ([transform.mean.item() for transform in found], [transform.scale.item() for transform in found]):
        steps = np.diff(values)
        assert (steps[1:] * steps[:-1] > 0).all()
        assert (np.abs(steps[1:]) < np.abs(steps[:-1])).all()


@pytest.mark.parametrize("parameters", [{"neutral": 2}, {"unlabelled": 2}])
def test_without_shrinkage_the_own_mean_is_subtracted(parameters):
    normaliser = fitted(SpeakerZScore(**parameters, shrinkage=0.0), [0.0, 2.0], [10.0, 12.0], neutral=[0, 2])
    features = view([50.0], [54.0])
    transform = normaliser.enrol(Enrolment(neutral=features, unlabelled=features))
    assert transform.mean.tolist() == [52.0]


def test_a_fixed_shrinkage_counts_in_utterances():
    normaliser = fitted(SpeakerZScore(neutral=1, shrinkage=1.0), [0.0, 2.0], [10.0, 12.0], neutral=[0, 2])
    transform = normaliser.enrol(Enrolment(neutral=view([9.0])))  # neutral mean 5, weight 1 / 2
    assert transform.mean.tolist() == [7.0]


def test_neutral_enrolment_is_drawn_to_the_training_speakers_neutral_mean():
    # Neutral means 0 and 11 of two utterances: variance within 2, between (121 - 4) / 2.
    speakers = [-1.0, 1.0, 30.0], [10.0, 12.0, 30.0]
    normaliser = fitted(SpeakerZScore(neutral=1), *speakers, neutral=[0, 1, 3, 4])
    transform = normaliser.enrol(Enrolment(neutral=view([9.0])))
    share = 1 / (1 + 2 / 59.5)
    assert transform.mean.item() == pytest.approx(share * 9 + (1 - share) * 5.5)


@pytest.mark.parametrize("n", [1, 2, 9, 10, 20])
def test_the_scale_behind_neutral_enrolment_is_the_training_speakers_however_many_there_are(n):
    normaliser = fitted(SpeakerZScore(neutral=n), [0.0, 2.0], [10.0, 12.0], neutral=[0, 2])
    transform = normaliser.enrol(Enrolment(neutral=view(*([50.0 + i % 2] for i in range(n)))))
    assert transform.scale.item() == pytest.approx(np.sqrt(2))


def test_neutral_enrolment_leaves_unlabelled_utterances_aside():
    normaliser = fitted(SpeakerZScore(neutral=1, shrinkage=0.0), [0.0, 2.0], neutral=[0])
    transform = normaliser.enrol(Enrolment(neutral=view([4.0]), unlabelled=view([100.0])))
    assert applied(transform, 4.0) == [0.0]


@pytest.mark.parametrize("normaliser", [SpeakerZScore(), SpeakerZScore(neutral=1), SpeakerZScore(unlabelled=5)])
def test_with_no_utterance_it_is_the_identity(normaliser):
    transform = fitted(normaliser, [0.0, 2.0], [10.0, 12.0]).enrol(Enrolment())
    array = np.array([3.0, 4.0], dtype=np.float32)
    assert np.array_equal(transform(array), array)


def test_a_feature_that_no_speaker_varies_is_not_blown_up():
    normaliser = fitted(SpeakerZScore(unlabelled=1, shrinkage=0.0), [0.1, 0.1, 0.1], [0.3, 0.3, 0.3])
    assert applied(normaliser.enrol(unlabelled(view([0.5]))), 0.6) == pytest.approx([0.1])


@pytest.mark.parametrize(
    ("parameters", "access"),
    [
        ({}, Access(unlabelled=ALL)),
        ({"unlabelled": 5}, Access(unlabelled=5)),
        ({"neutral": 2}, Access(neutral=2)),
        ({"unlabelled": 0}, Access()),
    ],
)
def test_access_follows_the_parameters(parameters, access):
    assert SpeakerZScore(**parameters).access == access


@pytest.mark.parametrize(
    "parameters",
    [{"unlabelled": -1}, {"neutral": -1}, {"shrinkage": -0.5}, {"shrinkage": "much"}, {"unlabelled": "most"}],
)
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ParameterError, match=next(iter(parameters))):
        Registry().create("normalisers", "speaker-zscore", parameters)


@pytest.mark.parametrize("cls", [SpeakerZScore, CorpusZScore])
def test_what_is_saved_transforms_as_before(cls, tmp_path):
    normaliser = fitted(cls(), [0.0, 2.0], [10.0, 15.0])
    normaliser.save(tmp_path)
    loaded = cls()
    loaded.load(tmp_path)
    enrolment = unlabelled(view([20.0], [24.0]))
    assert applied(loaded.enrol(enrolment), 1.0, 2.0) == applied(normaliser.enrol(enrolment), 1.0, 2.0)


def test_enrolling_one_speaker_leaves_the_next_as_if_alone():
    normaliser = fitted(SpeakerZScore(), [0.0, 2.0], [10.0, 15.0])
    alone = applied(normaliser.enrol(unlabelled(view([7.0]))), 1.0)
    normaliser.enrol(unlabelled(view([1000.0], [3000.0])))
    assert applied(normaliser.enrol(unlabelled(view([7.0]))), 1.0) == alone
