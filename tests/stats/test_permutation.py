import numpy as np
import pytest
from made_predictions import by_speaker, drawn
from scipy import stats as scipy_stats
from sklearn.metrics import balanced_accuracy_score

from sabench.stats import permutation
from sabench.stats.comparison import compare
from sabench.stats.permutation import sign_flip, smallest_p
from sabench.stats.sample import sample


def test_the_exact_test_is_the_permutation_test_of_scipy():
    d = np.random.default_rng(0).normal(0.3, 1, 9)
    expected = scipy_stats.permutation_test(
        (d, np.zeros(9)), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip(d[None])[0] == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("n", [13, 16])
def test_joining_halves_counts_what_counting_all_flips_counts(n):
    shares = np.round(np.random.default_rng(n).normal(0.2, 1, (5, n)), 1)
    assert sign_flip(shares) == pytest.approx(permutation._direct(shares), abs=1e-12)


def test_drawn_flips_agree_with_exact_ones():
    shares = np.random.default_rng(1).normal(0.3, 1, (3, 20))
    assert permutation._drawn(shares, 99_999) == pytest.approx(sign_flip(shares), abs=0.005)


def test_more_speakers_than_can_be_counted_are_drawn_always_alike():
    shares = np.random.default_rng(1).normal(0.2, 1, (1, permutation.EXACT + 6))
    assert sign_flip(shares)[0] == sign_flip(shares)[0]
    expected = scipy_stats.ttest_1samp(shares[0], 0).pvalue
    assert sign_flip(shares)[0] == pytest.approx(expected, abs=0.02)


def test_no_difference_has_p_one():
    assert sign_flip(np.zeros((2, 20))).tolist() == [1.0, 1.0]
    assert sign_flip(np.zeros((1, 4))).tolist() == [1.0]


@pytest.mark.parametrize("n", [4, 12, 13, 24])
def test_differences_of_one_sign_give_the_smallest_attainable_p(n):
    shares = np.random.default_rng(2).uniform(0.5, 1, (1, n))
    assert sign_flip(shares)[0] == pytest.approx(smallest_p(n))


def test_ties_count_as_in_the_tail():
    assert sign_flip(np.array([[0.1, 0.2, 0.3, 0.0]]))[0] == 0.25


def test_screening_leaves_small_values_exact():
    shares = np.random.default_rng(3).normal(0, 1, (200, 15)) + np.linspace(0, 1.5, 200)[:, None]
    exact, screened = sign_flip(shares), sign_flip(shares, screen=True)
    small = exact <= 0.1
    assert small.sum() > 50
    assert (screened[small] == exact[small]).all()
    assert (screened[~small] > 0.06).all()


def test_thousands_of_tests_are_as_good_as_counted():
    shares = np.random.default_rng(6).normal(0.9, 1, (3500, 16))
    exact, quick = sign_flip(shares[:50]), sign_flip(shares, screen=True)[:50]
    middle = (exact > 0.002) & (exact < 0.1)
    assert middle.sum() > 20
    assert np.abs(np.log2(quick[middle] / exact[middle])).max() < 1.5
    assert quick.min() >= smallest_p(16)


def test_the_pooled_test_is_that_of_swapping_speakers_and_recomputing():
    first, second = drawn(6, skill=0.8, seed=1, one_fold=True), drawn(6, seed=2, one_fold=True)
    one, two, truth = by_speaker(first), by_speaker(second), first.truth
    observed = balanced_accuracy_score(truth, one.ravel()) - balanced_accuracy_score(truth, two.ravel())
    extreme = 0
    for swaps in range(2**6):
        swap = np.array([swaps >> i & 1 for i in range(6)], dtype=bool)[:, None]
        a, b = np.where(swap, two, one).ravel(), np.where(swap, one, two).ravel()
        extreme += abs(balanced_accuracy_score(truth, a) - balanced_accuracy_score(truth, b)) >= abs(observed) - 1e-12
    found = compare(sample([first], pooled=True, stochastic=False), sample([second], pooled=True))
    assert found.p_speakers == pytest.approx(extreme / 2**6)
