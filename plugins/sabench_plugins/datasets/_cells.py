"""Values of a hand-made table to what a corpus knows; each returns the value or raises with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_GENDERS = {"female": "female", "f": "female", "w": "female", "male": "male", "m": "male"}
_UNKNOWN_GENDERS = ("unknown", "other", "nan", "none")
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
    """Return whether a cell is empty: None, NaN or blank text."""
    return value is None or value != value or str(value).strip() in ("", "NaT")


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


def seconds(value: Any, missing: float) -> float:
    """Return a time in seconds from a number, a timedelta or what pandas writes for one.

    >>> seconds("0 days 00:00:01.500000", 0.0), seconds("2.25", 0.0), seconds("00:01:00", 0.0), seconds("", 0.0)
    (1.5, 2.25, 60.0, 0.0)
    """
    if is_missing(value):
        return missing
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = _timedelta(value)
    if not math.isfinite(found) or found < 0:
        msg = f"{str(value)!r} is no time; expected seconds like 1.5, or '0 days 00:00:01.500000'."
        raise ValueError(msg)
    return found


def gender(value: Any) -> str | None:
    """Return `female`, `male` or None for unknown.

    >>> gender("F"), gender("unknown")
    ('female', None)
    """
    given = text(value)
    if given is None or given.lower() in _UNKNOWN_GENDERS:
        return None
    return _chosen(given, _GENDERS, "gender")


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
        msg = f"unknown {what} {given!r}; expected one of {', '.join(known)}."
        raise ValueError(msg)
    return known[given.lower()]


def _timedelta(value: Any) -> float:
    import pandas as pd

    try:
        return float(pd.Timedelta(value).total_seconds())
    except (TypeError, ValueError):
        return math.nan
