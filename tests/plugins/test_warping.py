import numpy as np
import pytest
from made_speakers import unlabelled, utterances, view
from scipy.special import ndtri

from sabench import Access, FeatureView
from sabench.checks import parametrize_with_checks
from sabench_plugins.normalisers.ranks import Warp, knots
from sabench_plugins.normalisers.speaker_zscore import SpeakerZScore
from sabench_plugins.normalisers.warping import Warping


@pytest.fixture
def warping() -> Warping:
    fitted = Warping()
    fitted.fit(utterances())
    return fitted


def alike(*values: float) -> FeatureView:
    """Utterances whose three features are the same."""
    return view(*([value] * 3 for value in values))


def test_ranks_become_normal_quantiles(warping):
    transform = warping.enrol(unlabelled(alike(10, 30, 20, 90)))
    expected = ndtri(np.array([0.5, 2.5, 1.5, 3.5]) / 4)
    warped = np.array([transform(np.full(3, x, np.float32))[0] for x in (10, 30, 20, 90)])
    assert warped == pytest.approx(expected, abs=1e-6)


def test_ties_share_their_mean_rank(warping):
    transform = warping.enrol(unlabelled(alike(1, 1, 2, 3)))
    assert transform(np.ones(3, np.float32))[0] == pytest.approx(ndtri(0.25))


def test_a_value_between_two_enrolled_ones_lies_between(warping):
    transform = warping.enrol(unlabelled(alike(0, 1, 2, 4)))
    assert transform(np.full(3, 3.0, np.float32))[0] == pytest.approx((ndtri(0.625) + ndtri(0.875)) / 2)


def test_beyond_the_enrolment_the_map_goes_on_by_the_training_deviation(warping):
    transform = warping.enrol(unlabelled(alike(0, 1, 2, 4)))
    beyond = transform(np.full(3, 4.0, np.float32) + warping.affine_.prior_.moments.scale.astype(np.float32))
    assert beyond == pytest.approx(ndtri(0.875) + 1, abs=1e-5)


@pytest.mark.parametrize("most", [4, 1000])
def test_the_map_increases_everywhere(most):
    warping = Warping(knots=most)
    train = utterances(width=1)
    warping.fit(train)
    transform = warping.enrol(unlabelled(train.features.take(train.rows_of["s1"])))
    warped = transform(np.linspace(-10, 20, 500, dtype=np.float32)[:, None])[:, 0]
    assert (np.diff(warped) > 0).all()


def test_few_knots_keep_the_outermost_values():
    found = knots(np.arange(101.0), most=3)
    assert found.value.tolist() == [0, 50, 100]
    assert found.quantile[1] == pytest.approx(0)


def test_an_affine_change_of_the_speaker_changes_nothing(warping):
    train = utterances(seed=1)
    own = train.features.take(train.rows_of["s0"])
    shifted = own.map(lambda array: 3 * array - 7)
    plain, other = warping.enrol(unlabelled(own)), warping.enrol(unlabelled(shifted))
    assert other(shifted[4]) == pytest.approx(plain(own[4]), abs=1e-5)


def test_a_feature_that_does_not_vary_becomes_zero(warping):
    transform = warping.enrol(unlabelled(view([1, 5, 5], [2, 5, 5], [3, 5, 5])))
    assert transform(np.float32([2, 5, 5])).tolist() == [0.0, 0.0, 0.0]


def test_bins_of_sequences_are_ranked_among_all_frames_of_the_speaker():
    warping = Warping()
    warping.fit(utterances(frames=5, width=1))
    transform = warping.enrol(unlabelled(view([[1.0], [3.0]], [[2.0], [5.0], [4.0]])))
    assert transform(np.float32([[1], [5]]))[:, 0] == pytest.approx(ndtri(np.array([0.1, 0.9])), abs=1e-6)


def test_one_utterance_is_mapped_as_by_the_z_score():
    train = utterances(offset=1.0)
    warping, zscore = Warping(unlabelled=1), SpeakerZScore(unlabelled=1)
    for normaliser in (warping, zscore):
        normaliser.fit(train)
    array = np.float32([1, 5, 9])
    enrolment = unlabelled(alike(8))
    assert warping.enrol(enrolment)(array).tolist() == zscore.enrol(enrolment)(array).tolist()


@pytest.mark.parametrize(("k", "share"), [(2, 1 / 11), (9, 8 / 18), (10, 9 / 19), (11, 0.5), (31, 0.75)])
def test_ranks_count_the_more_the_more_utterances_there_are(k, share):
    warping = Warping(unlabelled=k, affine_weight=10.0)
    warping.fit(utterances(offset=1.0))
    said = view(*np.random.default_rng(0).normal(3, 1, (k, 3)))
    array = np.float32([3.1, 2.0, 4.4])
    affine = warping.affine_.enrol(unlabelled(said))
    ranked = Warp.of(said.stack(), 1000, warping.affine_.prior_.moments.scale)
    expected = (1 - share) * affine(array) + share * ranked(array)
    assert warping.enrol(unlabelled(said))(array) == pytest.approx(expected, abs=1e-6)


def test_the_map_of_a_few_utterances_increases_everywhere():
    warping = Warping(unlabelled=4)
    warping.fit(utterances(width=1))
    transform = warping.enrol(unlabelled(view([0.0], [0.0], [1.0], [7.0])))
    warped = transform(np.linspace(-10, 20, 500, dtype=np.float32)[:, None])[:, 0]
    assert (np.diff(warped) > 0).all()


def test_without_enrolment_it_is_the_identity(warping):
    array = np.float32([1, 2, 3])
    assert warping.enrol(unlabelled(view()))(array).tolist() == [1, 2, 3]


def test_all_utterances_are_asked_for_by_default():
    assert Warping().access == Access(unlabelled="all")
    assert Warping(unlabelled=7).access == Access(unlabelled=7)


def test_a_saved_warping_maps_alike(warping, tmp_path):
    warping.save(tmp_path)
    again = Warping()
    again.load(tmp_path)
    enrolment, array = unlabelled(alike(0, 1, 5)), np.float32([9, 9, 9])
    assert again.enrol(enrolment)(array).tolist() == warping.enrol(enrolment)(array).tolist()


@parametrize_with_checks([Warping()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
