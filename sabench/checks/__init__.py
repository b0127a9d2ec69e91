"""The conformance suite: what an honest plugin does, each sentence a check with its reason.

`sabench plugin test NAME` runs it, and so does one line in a test:

    @parametrize_with_checks([MyAdapter()])
    def test_it_keeps_the_contract(plugin, check):
        check(plugin)
"""

from sabench.checks.check import Check, NotApplicable
from sabench.checks.parametrise import parametrize_with_checks
from sabench.checks.subject import Subject
from sabench.checks.suite import Outcome, checks_of, run

__all__ = ["Check", "NotApplicable", "Outcome", "Subject", "checks_of", "parametrize_with_checks", "run"]
