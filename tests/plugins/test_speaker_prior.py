import numpy as np
import pytest
from made_speakers import view

from sabench_plugins.normalisers.speaker_prior import SpeakerPrior
from sabench_plugins.normalisers.utterance_moments import UtteranceMoments


def speakers(n: int = 200, *, frames: int = 0, seed: int = 0) -> list[UtteranceMoments]:
    """Speakers whose level and spread differ, eight utterances each."""
    return [UtteranceMoments.of(view(*heard(8, frames=frames, seed=seed + number))) for number in range(n)]


def heard(n: int, *, frames: int = 0, seed: int = 0) -> list[np.ndarray]:
    """Utterances of one speaker, one feature: deviation 1 to 3 between utterances, half of that over frames."""
    rng = np.random.default_rng([seed, 11])
    level, spread = rng.normal(0, 2), rng.uniform(1, 3)
    own = level + spread * rng.normal(size=n)
    return [np.array([mean]) if not frames else mean + spread / 2 * rng.normal(size=(frames, 1)) for mean in own]


def moments_of(prior: SpeakerPrior, arrays: list[np.ndarray]):
    return prior.moments_of(UtteranceMoments.of(view(*arrays)))


def test_one_utterance_of_functionals_has_the_training_speakers_spread():
    prior = SpeakerPrior.of(speakers())
    assert moments_of(prior, heard(1, seed=999)).variance.tolist() == prior.moments.variance.tolist()


def test_many_utterances_have_the_speakers_own_mean_and_spread():
    prior = SpeakerPrior.of(speakers())
    many = heard(20_000, seed=999)
    found = moments_of(prior, many)
    assert found.mean.item() == pytest.approx(np.mean(many), abs=0.01)
    assert found.variance.item() == pytest.approx(np.var(many), rel=0.01)


def test_mean_and_spread_come_nearer_to_the_speakers_own_with_every_utterance():
    prior = SpeakerPrior.of(speakers())
    for k in range(1, 40):
        pair = [np.array([10.0 + 5 * (-1) ** i]) for i in range(2 * k)]  # own mean 10; variance 25, unbiased more
        before, after = moments_of(prior, pair), moments_of(prior, [*pair, *pair[:2]])
        assert prior.level.mean.item() < before.mean.item() < after.mean.item() < 10
        assert after.variance.item() > before.variance.item() > prior.moments.variance.item()


def test_frames_of_one_utterance_tell_of_the_spread_within_but_not_between_utterances():
    prior = SpeakerPrior.of(speakers(frames=50))
    calm, lively = (np.linspace(-x, x, 50)[:, None] for x in (0.1, 8.0))
    for frames in (calm, lively):
        found = moments_of(prior, [frames])
        share = 1 / (1 + prior.within.weight)
        within = share * frames.var() + (1 - share) * prior.within.mean
        assert found.variance == pytest.approx(within + prior.between.mean)


def test_a_long_utterance_beside_a_short_one_counts_as_little_more_than_one():
    prior = SpeakerPrior.of(speakers(frames=50))
    long, short = np.full((5000, 1), 9.0), np.full((1, 1), 9.0)
    together, alone = moments_of(prior, [long, short]), moments_of(prior, [long])
    assert together.mean == pytest.approx(alone.mean, abs=1e-3)
    assert together.variance == pytest.approx(alone.variance, rel=1e-3)


def test_equal_utterances_count_one_by_one():
    prior = SpeakerPrior.of(speakers(frames=50))
    frames = np.full((50, 1), 9.0)
    share = 3 / (3 + prior.level.weight)
    assert moments_of(prior, [frames] * 3).mean == pytest.approx(share * 9 + (1 - share) * prior.level.mean)


def test_training_speakers_of_one_utterance_have_no_spread_to_tell_of():
    prior = SpeakerPrior.of([UtteranceMoments.of(view([1.0])), UtteranceMoments.of(view([5.0]))])
    assert prior.between.mean.tolist() == [0.0]
    assert moments_of(prior, [np.array([7.0])]).scale.tolist() == [1.0]


def test_it_is_the_same_from_its_arrays():
    prior = SpeakerPrior.of(speakers(5, frames=9))
    again = SpeakerPrior.from_arrays(prior.arrays)
    arrays = heard(3, frames=9, seed=999)
    assert moments_of(again, arrays).variance.tolist() == moments_of(prior, arrays).variance.tolist()
