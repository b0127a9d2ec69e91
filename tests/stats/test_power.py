import numpy as np
import pytest
from scipy import stats as scipy_stats

from sabench.stats.power import detectable


@pytest.mark.parametrize(("df", "alpha"), [(9, 0.05), (23, 0.05), (23, 0.01)])
def test_the_detectable_difference_is_found_with_a_probability_of_0_8(df, alpha):
    error = 0.03
    ratio = detectable(error**2, df, alpha) / error
    critical = scipy_stats.t.ppf(1 - alpha / 2, df)
    power = 1 - scipy_stats.nct.cdf(critical, df, ratio) + scipy_stats.nct.cdf(-critical, df, ratio)
    assert power == pytest.approx(0.8, abs=1e-3)


def test_without_spread_nothing_is_said_of_what_can_be_detected():
    assert np.isnan(detectable(0.0, 9, 0.05))
    assert np.isnan(detectable(0.01, 0.5, 0.05))
