"""The suite in pytest: one test a plugin and check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sabench.checks.check import Check
from sabench.checks.subject import Root, Subject
from sabench.checks.suite import checks_of, expected_failures, nothing_checked
from sabench.errors import CheckFailure
from sabench.interfaces.plugins import Plugin

if TYPE_CHECKING:
    import pytest

Expected = Callable[[Plugin], Mapping[str, str]]


def parametrize_with_checks(
    plugins: Iterable[Plugin], *, expected_failed_checks: Expected | None = None, root: Root | None = None
) -> pytest.MarkDecorator:
    """Return a pytest mark that runs a test function once for every plugin and check.

    The function takes `plugin` and `check` and calls one with the other:

        @parametrize_with_checks([MyAdapter()])
        def test_it_keeps_the_contract(plugin, check):
            check(plugin)

    Args:
        plugins: instances, with the parameters under which to check them; small ones run fast.
        expected_failed_checks: called with a plugin, returns names of checks that it is known to fail, with the
            reason; by default those that its class declares. One that passes is a failure (strict).
        root: for datasets: where the corpus is, or a function that writes one into a folder and returns its root.

    Raises:
        ContractError: an instance is no plugin, or an expected failure names no check.
    """
    import pytest

    cases = [case for plugin in plugins for case in _cases(plugin, expected_failed_checks, root)]
    return pytest.mark.parametrize(("plugin", "check"), cases)


def _cases(plugin: Plugin, expected_failed_checks: Expected | None, root: Root | None) -> list[Any]:
    import pytest

    subject = Subject(plugin, root)
    known = expected_failures(subject, expected_failed_checks(plugin) if expected_failed_checks else None)
    bound = [_Bound(check, subject) for check in checks_of(subject.kind)]
    cases = [
        pytest.param(
            plugin,
            one,
            id=f"{subject.title}-{one.check.name}",
            marks=[pytest.mark.xfail(reason=reason, raises=CheckFailure, strict=True)]
            if (reason := known.get(one.check.name))
            else [],
        )
        for one in bound
    ]
    return [*cases, pytest.param(plugin, _Anything(subject), id=f"{subject.title}-something_was_checked")]


class _Bound:
    """A check that knows where the corpus is, called with the plugin it was made for."""

    def __init__(self, check: Check, subject: Subject) -> None:
        self.check, self.subject = check, subject
        self.__doc__ = check.reason

    def __call__(self, plugin: Plugin) -> None:
        self.check(self.subject if plugin is self.subject.plugin else Subject(plugin, self.subject.root))


class _Anything:
    """Fails where every check of more than declarations says nothing about the plugin."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def __call__(self, plugin: Plugin) -> None:
        behaviour = [check for check in checks_of(self._subject.kind) if not check.formal]
        reasons = [check.why_not(self._subject) for check in behaviour]
        if all(reasons):
            raise CheckFailure(nothing_checked(self._subject))
