"""All checks of a plugin, run one after the other, each to an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sabench.checks import adapters, datasets, declarations, features, normalisers
from sabench.checks.check import Check, NotApplicable
from sabench.checks.subject import Subject
from sabench.errors import CheckFailure, ContractError, did_you_mean

Status = Literal["passed", "failed", "skipped", "failed as expected"]

CHECKS: Final[tuple[Check, ...]] = (
    *declarations.CHECKS,
    *adapters.CHECKS,
    *normalisers.CHECKS,
    *features.CHECKS,
    *datasets.CHECKS,
)


@dataclass(frozen=True)
class CheckOutcome:
    """What one check said of a plugin.

    Attributes:
        check: its name.
        status: a check that was expected to fail and passes has failed.
        detail: the sentence that says what the plugin does, why the check was skipped, or why it fails as expected.
        reason: why the check is there.
        own_traceback: of an error that the plugin's own code raised; empty without one.
    """

    check: str
    status: Status
    detail: str
    reason: str
    own_traceback: str = ""


def checks_of(kind: str) -> list[Check]:
    """Return the checks of one kind of plugin, in the order in which they are run."""
    return [check for check in CHECKS if kind in check.kinds]


def run(subject: Subject, expected: Mapping[str, str] | None = None) -> Iterator[CheckOutcome]:
    """Yield the outcome of every check, and a failure at the end where only declarations could be checked.

    Where a basic check fails, the others would only repeat its sentence and are left out.

    Args:
        subject: the plugin.
        expected: names of checks that are known to fail, with the reason; None for those that it declares.

    Raises:
        ContractError: an expected failure names no check of this kind.
    """
    known = expected_failures(subject, expected)
    ran, broken = False, ""
    for check in checks_of(subject.kind):
        if broken and not check.formal:
            yield CheckOutcome(check.name, "skipped", f"not run, because it fails: {broken}", check.reason)
            continue
        outcome = _outcome(check, subject, known.get(check.name))
        ran = ran or (outcome.status != "skipped" and not check.formal)
        if check.basic and outcome.status == "failed":
            broken = check.name.replace("_", " ")
        yield outcome
    if not ran:
        yield CheckOutcome(
            "something_was_checked", "failed", nothing_checked(subject), "What is not run proves nothing."
        )


def expected_failures(subject: Subject, expected: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return which checks a plugin is known to fail, and why.

    Raises:
        ContractError: a name is that of no check, or a reason is missing.
    """
    known = subject.plugin.expected_failed_checks if expected is None else expected
    names = [check.name for check in checks_of(subject.kind)]
    for name, reason in known.items():
        if name not in names:
            msg = f"{subject.title} expects the check {name!r} to fail, which is none of {subject.kind}."
            raise ContractError(msg + did_you_mean(name, names))
        if not (isinstance(reason, str) and reason.strip()):
            msg = f"{subject.title} expects the check {name!r} to fail and gives no reason; say why in words."
            raise ContractError(msg)
    return known


def nothing_checked(subject: Subject) -> str:
    """Return what is wrong where only declarations could be checked."""
    advice = "name its corpus with --root" if subject.kind == "datasets" else "see why the others were skipped"
    return f"nothing but the declarations of {subject.title} could be checked; {advice}."


def _outcome(check: Check, subject: Subject, expected: str | None) -> CheckOutcome:
    try:
        check(subject)
    except NotApplicable as error:
        return CheckOutcome(check.name, "skipped", str(error), check.reason)
    except CheckFailure as error:
        status: Status = "failed" if expected is None else "failed as expected"
        return CheckOutcome(check.name, status, expected or str(error), check.reason, error.own_traceback)
    if expected is not None:
        detail = f"{subject.title} passes a check that it is expected to fail ({expected}); remove the expectation."
        return CheckOutcome(check.name, "failed", detail, check.reason)
    return CheckOutcome(check.name, "passed", "", check.reason)
