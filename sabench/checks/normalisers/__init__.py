"""The checks of normalisers."""

from sabench.checks.normalisers import enrolling, transforming

_FIRST = (enrolling.the_access_is_a_record, enrolling.it_asks_for_no_more_than_its_access)
CHECKS = (*_FIRST, *transforming.CHECKS, *(check for check in enrolling.CHECKS if check not in _FIRST))
