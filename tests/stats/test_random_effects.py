import numpy as np
import pytest
from scipy import stats as scipy_stats

from sabench.stats.families import holm
from sabench.stats.random_effects import Effects, combine


def combined(values, errors):
    return combine([Effects(values, errors)])[0]


def paule_mandel(y, v):
    """Return the variance between corpora at which the weighted squares are as many as expected, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(200):
        tau2 = (low + high) / 2
        w = 1 / (v + tau2)
        squares = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
        low, high = (tau2, high) if squares > len(y) - 1 else (low, tau2)
    return low


def test_corpora_that_differ_more_than_their_errors_have_a_variance_between_them():
    y, errors = np.array([0.02, 0.10, 0.15, -0.03]), np.array([0.02, 0.03, 0.015, 0.04])
    tau2 = paule_mandel(y, errors**2)
    w = 1 / (errors**2 + tau2)
    mean = (w * y).sum() / w.sum()
    spread = (w * (y - mean) ** 2).sum() / 3 / w.sum()  # Hartung and Knapp 2001
    half = scipy_stats.t.ppf(0.975, 3) * np.sqrt(spread)
    found = combined(y, errors)
    assert found.between == pytest.approx(np.sqrt(tau2), rel=1e-4)
    assert (found.effect.value, found.effect.low, found.effect.high) == pytest.approx(
        (mean, mean - half, mean + half), rel=1e-4
    )
    assert found.p == pytest.approx(2 * scipy_stats.t.sf(mean / np.sqrt(spread), 3), rel=1e-3)


def test_corpora_that_agree_by_chance_are_not_surer_than_their_errors_allow():
    found = combined([0.05, 0.0501, 0.0499], [0.02, 0.02, 0.02])
    half = scipy_stats.t.ppf(0.975, 2) * 0.02 / np.sqrt(3)
    assert found.between == 0
    assert found.effect.high - found.effect.value == pytest.approx(half)


def test_equal_errors_give_the_interval_of_students_t_over_corpora():
    y = np.array([0.1, 0.2, -0.05, 0.15, 0.3])
    expected = scipy_stats.ttest_1samp(y, 0)
    found = combined(y, np.full(5, 0.01))
    assert (found.effect.low, found.effect.high) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-4)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-3)


def test_a_corpus_without_any_spread_counts_as_well_known():
    found = combined([0.0, 0.1], [0.0, 0.02])
    assert np.isfinite([found.effect.low, found.effect.high]).all()


def test_a_family_is_corrected_and_its_intervals_agree():
    rng = np.random.default_rng(3)
    family = [Effects(rng.normal(mean, 0.02, 5), np.full(5, 0.02)) for mean in (0.0, 0.03, 0.05, 0.1)]
    found = combine(family)
    assert [one.p_corrected for one in found] == holm([one.p for one in found]).tolist()
    assert [one.family for one in found] == [4] * 4
    assert {one.rejected for one in found} == {True, False}
    for one in found:
        assert one.rejected == (not one.effect.low <= 0 <= one.effect.high)


def test_one_corpus_cannot_be_combined():
    with pytest.raises(ValueError, match="combining takes two or more"):
        combined([0.1], [0.02])


@pytest.mark.parametrize(("between", "most"), [(0.0, 1.0), (0.08, 0.98)])
def test_the_interval_covers_with_four_corpora_of_unequal_size(between, most):
    """600 repeats err by 0.009; the modification covers more than nominally where there is no variance between."""
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(600):
        errors = 0.12 / np.sqrt([10, 10, 24, 65])
        found = combined(0.03 + rng.normal(0, between, 4) + rng.normal(0, errors), errors)
        hits += found.effect.low <= 0.03 <= found.effect.high
    assert 0.92 <= hits / 600 <= most
