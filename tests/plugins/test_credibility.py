import numpy as np
import pytest

from sabench_plugins.normalisers.credibility import UNKNOWN_WEIGHT, Credibility


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def made(speakers: int, utterances: int, between: float, within: float, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(rng.normal(0, between), within, (utterances, 1)) for _ in range(speakers)]


def test_the_weight_is_the_variance_within_speakers_over_that_between_them():
    weight = Credibility.of(made(4000, 10, between=2.0, within=4.0)).weight
    assert weight.item() == pytest.approx(4.0, rel=0.1)


def test_speakers_of_unequal_size_give_the_same_weight():
    speakers = made(4000, 12, between=2.0, within=4.0)
    unequal = [own[: 2 + number % 11] for number, own in enumerate(speakers)]
    assert Credibility.of(unequal).weight.item() == pytest.approx(4.0, rel=0.1)


def test_the_estimate_is_nearer_to_the_truth_than_the_own_mean_and_than_that_of_all():
    known = Credibility.of(made(500, 10, between=1.0, within=2.0))
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1.0, 2000)
    own = truth + rng.normal(0, 2.0 / np.sqrt(3), 2000)
    drawn = np.array([known.drawn(np.array([3 * value]), 3).item() for value in own])
    error, of_own, of_all = (np.mean((guess - truth) ** 2) for guess in (drawn, own, known.mean.item()))
    assert error < 0.9 * min(of_own, of_all)


def test_where_speakers_do_not_differ_the_mean_is_theirs_whatever_was_observed():
    known = Credibility.of([column(0.0, 2.0), column(2.0, 0.0)])
    assert known.drawn(np.array([5000.0]), 50).tolist() == [1.0]


def test_where_utterances_of_a_speaker_do_not_differ_one_is_enough():
    known = Credibility.of([column(1.0, 1.0), column(3.0, 3.0)])
    assert known.drawn(np.array([7.0]), 1).tolist() == [7.0]


@pytest.mark.parametrize(
    "speakers", [[column(1.0, 2.0)], [column(1.0), column(2.0)], [column(5.0, 5.0), column(5.0, 5.0)]]
)
def test_where_training_tells_nothing_of_it_the_weight_is_a_guess(speakers):
    assert Credibility.of(speakers).weight.tolist() == [UNKNOWN_WEIGHT]


def test_with_no_observation_the_mean_is_the_training_speakers():
    known = Credibility.of([column(1.0, 1.0), column(3.0, 3.0)])
    assert known.drawn(np.array([np.nan]), 0).tolist() == [2.0]


def test_every_feature_has_a_weight_of_its_own():
    speakers = [np.column_stack([a, b]) for a, b in zip(made(300, 5, 1, 1), made(300, 5, 1, 3, seed=1), strict=True)]
    assert np.allclose(Credibility.of(speakers).weight, [1.0, 9.0], rtol=0.4)
