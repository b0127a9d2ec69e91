import numpy as np
import pytest
from made_predictions import CLASSES, seeds_of, unequal
from scipy import stats as scipy_stats

from sabench.interfaces.records import Predictions
from sabench.stats import permutation
from sabench.stats.comparison import compare
from sabench.stats.inversion import accepted
from sabench.stats.permutation import sign_flip
from sabench.stats.sample import sample


def compared(runs, kind):
    return compare(*(sample([run], pooled=kind == "pooled", stochastic=False) for run in runs))


@pytest.mark.parametrize("kind", ["mean", "pooled"])
def test_parts_of_speakers_are_the_shares_of_a_perfect_score(kind):
    run, _ = unequal(6, 0, one_fold=kind == "pooled")
    perfect = Predictions(run.ids, run.speaker, run.truth, np.eye(3)[run.truth], run.fold, CLASSES)
    parts = sample([run], pooled=kind == "pooled").parts
    assert parts.sum() == pytest.approx(1)
    assert parts == pytest.approx(sample([perfect], pooled=kind == "pooled").shares)


@pytest.mark.parametrize("n", [7, 10])
def test_the_ends_are_the_differences_at_which_the_test_of_scipy_turns(n):
    d = np.random.default_rng(n).normal(0.3, 1, n)
    low, high = accepted(d / n, np.full(n, 1 / n), 0.05)

    def p(shift):
        return scipy_stats.permutation_test(
            (d - shift, np.zeros(n)), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
        ).pvalue

    assert p(low - 1e-5) <= 0.05 < p(low + 1e-5)
    assert p(high + 1e-5) <= 0.05 < p(high - 1e-5)


def test_the_ends_are_means_of_subsets_of_speakers():
    d = np.random.default_rng(2).normal(0.1, 1, 8)
    subsets = [[i for i in range(8) if number >> i & 1] for number in range(1, 2**8)]
    means = sorted(float(np.mean(d[subset])) for subset in subsets)
    needed = int(0.05 / 2 * 2**8)  # flips in a tail that the test still rejects, the observed one among them
    assert accepted(d / 8, np.full(8, 1 / 8), 0.05) == pytest.approx((means[needed - 1], means[-needed]), abs=1e-6)


@pytest.mark.parametrize("n", [20, permutation.EXACT + 10])
def test_the_interval_of_many_speakers_is_near_that_of_students_t(n):
    d = np.random.default_rng(n).normal(0.2, 1, n)
    expected = scipy_stats.ttest_1samp(d, 0).confidence_interval()
    assert accepted(d / n, np.full(n, 1 / n), 0.05) == pytest.approx(tuple(expected), abs=0.03)


def test_drawn_flips_give_the_interval_that_all_flips_give(monkeypatch):
    rng = np.random.default_rng(3)
    parts = rng.dirichlet(np.full(22, 2.0))
    shares = parts * rng.normal(0.1, 0.3, 22)
    exact = accepted(shares, parts, 0.05)
    monkeypatch.setattr("sabench.stats.inversion.EXACT", 10)
    assert accepted(shares, parts, 0.05) == pytest.approx(exact, abs=0.002)


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("n", [10, 24, 35])
def test_zero_is_outside_exactly_where_the_test_rejects(n, alpha):
    rng = np.random.default_rng(n)
    rejected = 0
    for _ in range(60 if n < 30 else 6):
        parts = rng.dirichlet(np.full(n, 2.0))
        shares = parts * np.round(rng.normal(0.12, 0.3, n), 1)
        low, high = accepted(shares, parts, alpha)
        rejects = sign_flip(shares[None])[0] <= alpha
        rejected += rejects
        assert rejects == (not low - 1e-7 <= 0 <= high + 1e-7)
    assert rejected


@pytest.mark.parametrize("kind", ["mean", "pooled"])
def test_interval_and_test_of_two_methods_never_contradict_each_other(kind):
    for seed in range(150):
        found = compared(unequal(10, seed, gain=0.08, spread=0.1, one_fold=kind == "pooled"), kind)
        assert (found.p <= 0.05) == (not found.effect.low <= 0 <= found.effect.high)
        assert found.effect.low <= found.effect.value <= found.effect.high


def test_interval_and_test_agree_where_seeds_count():
    rng = np.random.default_rng(6)
    rejected = 0
    for repeat in range(60):
        skills = rng.normal([[0.65], [0.55]], 0.05, (2, 5))
        first, second = (seeds_of(skill, seed=1000 * repeat + 100 * i) for i, skill in enumerate(skills))
        found = compare(first, second)
        rejected += found.rejected
        assert found.rejected == (not found.effect.low <= 0 <= found.effect.high)
    assert 5 < rejected < 55


def test_a_difference_that_is_the_same_for_all_speakers_has_an_interval_of_no_width():
    parts = np.random.default_rng(1).dirichlet(np.full(10, 2.0))
    assert accepted(0.1 * parts, parts, 0.05) == pytest.approx((0.1, 0.1))


def test_too_few_speakers_for_any_test_give_an_interval_without_ends():
    found = compared(unequal(5, 1, gain=0.3), "pooled")
    assert (found.effect.low, found.effect.high) == (-np.inf, np.inf)
    assert np.isnan(found.detectable)


@pytest.mark.parametrize("kind", ["mean", "pooled"])
def test_interval_and_test_keep_their_level_where_speakers_are_unequal(kind):
    """The gain is 0.1 for a speaker on average; 400 repeats err by 0.011."""
    hits = 0
    for seed in range(400):
        found = compared(unequal(10, 1000 + seed, gain=0.1, spread=0.15, one_fold=kind == "pooled"), kind)
        hits += found.effect.low <= 0.1 <= found.effect.high
    assert 0.92 <= hits / 400 <= 0.98
