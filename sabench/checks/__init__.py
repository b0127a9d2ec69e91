"""The conformance suite: what an honest plugin does, each sentence a check with its reason.

`sabench plugin test NAME` runs it, and so does one line in a test:

    @parametrize_with_checks([MyAdapter()])
    def test_it_keeps_the_contract(plugin, check):
        check(plugin)
"""

from sabench.checks.check import Check, NotApplicable
from sabench.checks.parametrise import parametrize_with_checks
from sabench.checks.subject import Subject
from sabench.checks.suite import CheckOutcome, checks_of, run

Outcome = CheckOutcome
"""The name of `CheckOutcome` before 0.2; it goes in the version after that."""

__all__ = [
    "Check",
    "CheckOutcome",
    "NotApplicable",
    "Outcome",
    "Subject",
    "checks_of",
    "parametrize_with_checks",
    "run",
]
