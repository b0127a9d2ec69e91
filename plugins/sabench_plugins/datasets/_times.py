"""Times of segments, by a closed grammar: what it does not know is refused, since a lenient parser guesses.

time   = number [" "] [unit] | [days " days "] clock
number = digits ["." or "," digits] ["e" ["+" or "-"] digits]
clock  = hours ":" minutes ":" seconds ["." or "," digits]
unit   = ms, s, sec, second, seconds, min, minute, minutes, h, hour, hours
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, Final

_SECONDS: Final = {
    "": 1.0,
    "ms": 0.001,
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
}
_NUMBER: Final = re.compile(r"\+?(\d+(?:[.,]\d*)?|[.,]\d+)(e[+-]?\d+)?\s?([a-z]*)", re.ASCII | re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?:(\d+) days? )?(\d+):([0-5]\d):([0-5]\d(?:[.,]\d+)?)", re.ASCII)


def parse(value: Any, *, decimal_comma: bool = True) -> float:
    """Return a time in seconds.

    Args:
        value: a number of seconds, a timedelta, or a text of the grammar.
        decimal_comma: whether `1,5` is one and a half; a table whose cells are separated by commas may mean
            thousands by it. In a clock (`00:00:01,500`) a comma is always a decimal one.

    Raises:
        ValueError: it is none, with what was expected.

    >>> parse("1,5"), parse("250 ms"), parse("00:01:30.5"), parse("0 days 00:00:01.500000")
    (1.5, 0.25, 90.5, 1.5)
    """
    seconds = _of_object(value) if not isinstance(value, str) else _of_text(value.strip(), decimal_comma)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(_no_time(value))
    return seconds


def mixes_decimal_marks(values: Iterable[Any]) -> bool:
    """Return whether some texts have decimal points and others decimal commas: one of them means thousands.

    >>> mixes_decimal_marks(["0,25", "1.5"]), mixes_decimal_marks(["0,25", "1"])
    (True, False)
    """
    marks = {mark for value in values if isinstance(value, str) for mark in ".," if mark in value}
    return len(marks) > 1


def _of_object(value: Any) -> float:
    if isinstance(value, timedelta):  # pandas' own is one
        return value.total_seconds()
    if isinstance(value, Real | Decimal) and not isinstance(value, bool):
        return float(value)
    raise ValueError(_no_time(value))


def _of_text(text: str, decimal_comma: bool) -> float:
    if clock := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = clock.groups()
        whole = int(days or 0) * 86_400 + int(hours) * 3600 + int(minutes) * 60
        return whole + float(seconds.replace(",", "."))
    number = _NUMBER.fullmatch(text)
    if number is None or number[3].lower() not in _SECONDS:
        raise ValueError(_no_time(text))
    if "," in number[1] and not decimal_comma:
        msg = (
            f"{text!r} has a comma, which may be a decimal comma or one of thousands where commas separate the cells; "
            "write 1.5, or separate the cells by semicolons."
        )
        raise ValueError(msg)
    return float(number[1].replace(",", ".") + (number[2] or "")) * _SECONDS[number[3].lower()]


def _no_time(value: Any) -> str:
    shown = str(value)
    shown = shown if len(shown) <= 40 else shown[:40] + "..."
    return f"{shown!r} is no time; expected seconds like 1.5, hours, minutes and seconds like 00:01:30.5, or 250 ms."
