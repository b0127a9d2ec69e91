"""Values of a hand-made table to what a corpus knows; each returns the value or raises with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sabench_plugins.datasets import _times
from sabench_plugins.datasets._words import shown

_GENDERS = {
    **dict.fromkeys(("female", "f", "w", "woman", "girl"), "female"),
    **dict.fromkeys(("male", "m", "man", "boy"), "male"),
}
_UNKNOWN_GENDERS = ("unknown", "u")
_MISSING = ("", "na", "n/a", "#n/a", "nan", "none", "null", "nat", "<na>", "-", "?")
"""What tables write for a value that is not there, in lower case."""
_PARTITIONS = {
    "train": "train",
    "training": "train",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
_BOOLEANS = {"true": True, "yes": True, "1": True, "1.0": True, "false": False, "no": False, "0": False, "0.0": False}


def is_missing(value: Any) -> bool:
    """Return whether a cell holds no value: None, NaN, blank, or a word that stands for missing.

    >>> is_missing(float("nan")), is_missing(" NA "), is_missing("n")
    (True, True, False)
    """
    if value is None or isinstance(value, str):
        return value is None or value.strip().lower() in _MISSING
    return bool(value != value) or str(value) == "NaT"


def text(value: Any) -> str | None:
    """Return a cell as text, None where it is empty; whole numbers lose the `.0` that pandas gives them.

    >>> text(" s1 "), text(3.0), text(float("nan"))
    ('s1', '3', None)
    """
    if is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def seconds(value: Any, missing: float, *, decimal_comma: bool = True) -> float:
    """Return a time in seconds, by the grammar of `_times`; `missing` where the cell is empty.

    >>> seconds("0 days 00:00:01.500000", 0.0), seconds("2.25", 0.0), seconds("00:01:00", 0.0), seconds("", 0.0)
    (1.5, 2.25, 60.0, 0.0)
    """
    return missing if is_missing(value) else _times.parse(value, decimal_comma=decimal_comma)


def gender(value: Any) -> str | None:
    """Return `female`, `male`, another gender as it is called, or None for unknown.

    >>> gender("F"), gender(" Non-binary"), gender("unknown")
    ('female', 'non-binary', None)
    """
    given = text(value)
    if given is None or given.lower() in _UNKNOWN_GENDERS:
        return None
    if not any(letter.isalpha() for letter in given):
        msg = f"unknown gender {shown(given)}; expected a word such as female or male, not a code."
        raise ValueError(msg)
    return _GENDERS.get(given.lower(), given.lower())


def partition(value: Any) -> str | None:
    """Return `train`, `validation`, `test` or None from the names in use.

    >>> partition("Devel"), partition("")
    ('validation', None)
    """
    given = text(value)
    return None if given is None else _chosen(given, _PARTITIONS, "partition")


def boolean(value: Any) -> bool:
    """Return a truth value; an empty cell is False.

    >>> boolean("yes"), boolean(0), boolean(None)
    (True, False, False)
    """
    given = text(value)
    return False if given is None else _chosen(given, _BOOLEANS, "truth value")


def _chosen(given: str, known: Mapping[str, Any], what: str) -> Any:
    if given.lower() not in known:
        msg = f"unknown {what} {shown(given)}; expected one of {', '.join(known)}."
        raise ValueError(msg)
    return known[given.lower()]
