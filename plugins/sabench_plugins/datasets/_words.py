"""What a user's data say, in messages that fit on a screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MOST_LETTERS = 60
"""Longer values are cut in the middle."""
MOST_NAMES = 8


def shown(value: Any) -> str:
    """Return a value in quotes, cut where it is long; of bytes only how many there are.

    >>> shown("sad"), shown(b"RIFF....")
    ("'sad'", '8 bytes')
    >>> shown("x" * 1000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' (1000 characters)"
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    text = value if isinstance(value, str) else _plain(value)
    if len(text) <= MOST_LETTERS:
        return repr(text)
    half = MOST_LETTERS // 2
    return f"{text[:half] + '...' + text[-half:]!r} ({len(text)} characters)"


def listed(names: Iterable[Any]) -> str:
    """Return names separated by commas, the first few of many.

    >>> listed(range(12))
    '0, 1, 2, 3, 4, 5, 6, 7 and 4 more'
    """
    texts = [text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + "..." for text in map(str, names)]
    more = f" and {len(texts) - MOST_NAMES} more" if len(texts) > MOST_NAMES else ""
    return ", ".join(texts[:MOST_NAMES]) + more


def _plain(value: Any) -> str:
    """Return an object as text without the bytes inside it, which a parquet file may hold."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    return str(value)
