import numpy as np
import pytest
from scipy import stats as scipy_stats

from sabench.stats.mean_ranks import critical_difference, mean_ranks

DEMSAR = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}
"""Table 5 (a) of Demšar 2006: critical values of the two-tailed Nemenyi test at 0.05."""


@pytest.mark.parametrize(("k", "q"), DEMSAR.items())
def test_the_critical_difference_is_that_of_demsars_table(k, q):
    assert critical_difference(k, 9) == pytest.approx(q * np.sqrt(k * (k + 1) / 54), abs=1e-3)


def test_mean_ranks_and_friedmans_test_are_those_computed_by_hand():
    scores = np.array([[0.9, 0.7, 0.8], [0.6, 0.4, 0.5], [0.8, 0.5, 0.9], [0.7, 0.7, 0.6]])
    ranks = np.array([(1 + 1 + 2 + 1.5), (3 + 3 + 3 + 1.5), (2 + 2 + 1 + 3)]) / 4
    found = mean_ranks(scores)
    assert found.ranks == pytest.approx(tuple(ranks))
    squares = 12 * 4 / (3 * 4) * ((ranks**2).sum() - 3 * 4**2 / 4)
    tied = 1 - (2**3 - 2) / (4 * (3**3 - 3))
    assert found.p == pytest.approx(scipy_stats.chi2.sf(squares / tied, 2))


def test_groups_hold_methods_that_are_closer_than_the_critical_difference():
    rng = np.random.default_rng(1)
    scores = np.array([0.9, 0.85, 0.4, 0.1]) + rng.normal(0, 0.08, (40, 4))
    found = mean_ranks(scores)
    assert found.alike == ((0, 1),)
    assert found.p < 0.001


def test_with_few_corpora_all_methods_are_alike():
    found = mean_ranks(np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1]]))
    assert found.critical_difference > 2
    assert found.alike == ((0, 1, 2),)


def test_groups_may_overlap_and_none_is_part_of_another():
    found = mean_ranks(np.tile([0.9, 0.8, 0.7, 0.6], (8, 1)))
    assert found.critical_difference == pytest.approx(1.658, abs=0.001)
    assert found.alike == ((0, 1), (1, 2), (2, 3))


def test_two_methods_and_ties_have_no_friedman_test():
    assert np.isnan(mean_ranks(np.array([[0.9, 0.5], [0.8, 0.6]])).p)
    assert np.isnan(mean_ranks(np.full((3, 3), 0.5)).p)
