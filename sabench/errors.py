"""The one family of errors: every message says what came, what was expected, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class SabenchError(Exception):
    """Base of everything that sabench raises on purpose; the command line prints it as one sentence."""


class UnknownPlugin(SabenchError, LookupError):
    """A name that no installed plugin offers."""


class PluginLoadError(SabenchError, ImportError):
    """A plugin that is installed and cannot be used."""


class ContractError(SabenchError, TypeError):
    """A plugin that does not do what its interface promises."""


class CheckFailure(SabenchError, AssertionError):
    """A check that a plugin does not pass.

    Attributes:
        own_traceback: of an error that the plugin's own code raised, from that code on; empty without one.
    """

    def __init__(self, sentence: str, own_traceback: str = "") -> None:
        super().__init__(sentence)
        self.own_traceback = own_traceback


class ParameterError(SabenchError, ValueError):
    """A parameter that a plugin does not have, or a value that it does not take."""


class DatasetError(SabenchError, ValueError):
    """A corpus that cannot be found or read, or that contradicts itself."""


class AudioError(DatasetError):
    """Audio that is missing, empty or cannot be decoded."""


class FeatureError(SabenchError, ValueError):
    """Features that cannot be extracted or stored."""


class LeakageError(SabenchError, ValueError):
    """A split that would let test data into training."""


class AccessError(SabenchError, ValueError):
    """A method that needs more enrolment than a target speaker has."""


class PlanError(SabenchError, ValueError):
    """A plan that cannot be carried out as written."""


class ResultsError(SabenchError, RuntimeError):
    """A results folder that cannot be read or written."""


class DamagedFile(ResultsError):
    """A file of a results folder that is not what sabench wrote there."""


class UnreadableFile(ResultsError):
    """A file of a results folder that cannot be read now, and may be sound."""


class TrackingError(SabenchError, RuntimeError):
    """An MLflow store that cannot be reached or written."""


class BundleError(SabenchError, ValueError):
    """A result bundle that does not prove what it says."""


def first_few(names: Sequence[object], at_most: int = 3) -> str:
    """Return the first of some names and how many more there are.

    >>> first_few(["01", "02", "03", "04", "05"])
    '01, 02, 03 and 2 more'
    >>> first_few(["01", "02"])
    '01, 02'
    """
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(map(str, names[:at_most])) + more


def described(error: BaseException) -> str:
    """Return an error in words: its type and text, of one that cannot be printed its type alone.

    >>> described(ValueError("too few")), described(SystemExit(3)), described(KeyError())
    ('ValueError: too few', 'SystemExit: 3', 'KeyError')
    """
    name = type(error).__name__
    try:
        text = str(error).strip()
    except BaseException as unprintable:  # noqa: BLE001  (a plugin's own `__str__` may do anything)
        return f"{name}, which cannot be printed: its text raises {type(unprintable).__name__}"
    return f"{name}: {text}" if text else name


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the closest known name, or an empty string.

    >>> did_you_mean("corall", ["coral", "svm"])
    " Did you mean 'coral'?"
    >>> did_you_mean("xyz", ["coral", "svm"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
