"""The checks of adapters."""

from sabench.checks.adapters import declared, enrolling, estimators, extremes, predicting, repeating

CHECKS = (
    *declared.CHECKS,
    *predicting.CHECKS,
    *enrolling.CHECKS,
    *repeating.CHECKS,
    *extremes.CHECKS,
    *estimators.CHECKS,
)
