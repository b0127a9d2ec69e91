"""The checks of adapters."""

from sabench.checks.adapters import declared, enrolling, estimators, extremes, predicting, repeating

_FIRST = (
    declared.declarations_are_sound,
    enrolling.it_asks_for_no_more_than_its_access,
    predicting.probabilities_have_the_promised_shape,
)
_ALL = (
    *declared.CHECKS,
    *predicting.CHECKS,
    *enrolling.CHECKS,
    *repeating.CHECKS,
    *extremes.CHECKS,
    *estimators.CHECKS,
)
CHECKS = (*_FIRST, *(check for check in _ALL if check not in _FIRST))
