"""A check: one sentence that must hold for every plugin of a kind, with the reason why."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sabench.cells.raised import raised_in
from sabench.checks.subject import Subject
from sabench.errors import CheckFailure, SabenchError, described


class NotApplicable(unittest.SkipTest):
    """Raised by a check that says nothing about this plugin; pytest shows it as skipped."""


def always(subject: Subject) -> str:
    """Return no reason to leave a check out."""
    return ""


@dataclass(frozen=True)
class Check:
    """A named check of one kind of plugin.

    Attributes:
        name: what holds, with underscores.
        kinds: of `sabench.registry.registry.KINDS`, those that it is about.
        reason: why it must hold.
        function: raises where it does not hold.
        crash: how the sentence "<plugin> ..." goes on where the plugin raises an error of its own.
        lacks: returns why the check says nothing about a plugin; empty where it does.
        formal: whether it looks at declarations only; a plugin of which nothing else could be checked fails.
        basic: whether all later checks of behaviour would only repeat its failure.
    """

    name: str
    kinds: tuple[str, ...]
    reason: str
    function: Callable[[Subject], None]
    crash: str
    lacks: Callable[[Subject], str]
    formal: bool
    basic: bool

    def why_not(self, subject: Subject) -> str:
        """Return why the check says nothing about a plugin; empty where it does."""
        try:
            return self.lacks(subject)
        except Exception:  # noqa: BLE001  (a plugin's own code failed; the check itself will run into it and tell)
            return ""

    def __call__(self, subject: Subject) -> None:
        """Check a plugin.

        Raises:
            CheckFailure: with one sentence that says what the plugin does.
            NotApplicable: it says nothing about this plugin.
        """
        reason = self.why_not(subject)
        if reason:
            raise NotApplicable(reason)
        try:
            self.function(subject)
        except (CheckFailure, NotApplicable):
            raise
        except Exception as error:  # a plugin's own code may raise anything
            phase, own_traceback = raised_in(error)
            where = f" (in {phase})" if phase else ""
            what = str(error) if isinstance(error, SabenchError) else f"{described(error).rstrip('.')}."
            msg = f"{subject.title} {self.crash}{where}: {what}"
            raise CheckFailure(msg, own_traceback) from error


def check(
    *kinds: str, crash: str, lacks: Callable[[Subject], str] = always, formal: bool = False, basic: bool = False
) -> Callable[[Callable[[Subject], None]], Check]:
    """Make a check of a function whose docstring is its reason."""

    def decorate(function: Callable[[Subject], None]) -> Check:
        reason = " ".join((function.__doc__ or "").split())
        return Check(function.__name__, kinds, reason, function, crash, lacks, formal, basic)

    return decorate


def refuse(subject: Subject, faults: Iterable[str]) -> None:
    """Raise with all faults in one sentence, where there are any.

    Raises:
        CheckFailure: naming the plugin.
    """
    sentence = "; ".join(faults)
    if sentence:
        msg = f"{subject.title} {sentence}."
        raise CheckFailure(msg)
