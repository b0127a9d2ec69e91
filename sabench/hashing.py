"""Canonical JSON, hashes, and everything that is derived from a hash: keys, seeds, orders."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import PurePath
from typing import Any, Final

_KEY: Final = re.compile("[0-9a-f]{20}")
_AS_THEY_ARE: Final = (str, int, float, bool, type(None))
_AT_ONCE: Final = 64
"""Items of a list whose JSON is made at once: it takes about ten times their own memory."""


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: records as objects, tuples as lists, paths as text."""
    if type(value) in _AS_THEY_ARE:  # nearly all there is, and the other questions take their time
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    return str(value) if isinstance(value, PurePath) else value


def finite(value: Any) -> Any:
    """Return a value as JSON knows it, with None in place of numbers that JSON lacks.

    >>> finite({"p": float("nan"), "ends": (0.5, float("inf"))})
    {'p': None, 'ends': [0.5, None]}
    """
    value = plain(value)
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN.

    >>> canonical({"b": (1, 2), "a": 0.5})
    '{"a":0.5,"b":[1,2]}'
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def digest(value: Any) -> str:
    """Return 20 hexadecimal digits (80 bits) of the SHA-256 of a value's canonical JSON."""
    sha = hashlib.sha256()
    for part in _parts(value):
        sha.update(part.encode())
    return sha.hexdigest()[:20]


def _parts(value: Any) -> Iterator[str]:
    """Yield the canonical JSON of a value in parts: whole, that of a card of many folds takes much memory."""
    if isinstance(value, Mapping):
        named = {str(key): item for key, item in value.items()}
        yield "{"
        for number, key in enumerate(sorted(named)):
            yield f"{',' * bool(number)}{canonical(key)}:"
            yield from _parts_of_item(named[key])
        yield "}"
    else:
        yield from _parts_of_item(value)


def _parts_of_item(value: Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        yield "["
        for first in range(0, len(value), _AT_ONCE):
            yield f"{',' * bool(first)}{canonical(value[first : first + _AT_ONCE])[1:-1]}"
        yield "]"
    else:
        yield canonical(value)


def is_key(text: str) -> bool:
    """Return whether a text is a hash as `digest` gives it, so that it may be the name of a file or a folder.

    >>> is_key(digest("a")), is_key("../../home/me/thesis"), is_key("")
    (True, False, False)
    """
    return _KEY.fullmatch(text) is not None


def derive_seed(*parts: Any) -> int:
    """Return a seed below 2**32 by a stable hash of the parts.

    >>> derive_seed(0, "emodb", "03") == derive_seed(0, "emodb", "03") != derive_seed(1, "emodb", "03")
    True
    """
    return int(hashlib.sha256(canonical(parts).encode()).hexdigest()[:8], 16)


def shuffled(ids: Iterable[str], salt: str) -> list[str]:
    """Return ids in an order that follows a hash, so that it tells nothing of labels.

    >>> sorted(shuffled(["a", "b", "c"], "x")) == ["a", "b", "c"]
    True
    """
    return sorted(ids, key=lambda text: hashlib.sha256(f"{salt}\0{text}".encode()).digest())


def file_name(text: str) -> str:
    """Return text as part of a path, whatever a plugin calls itself.

    >>> file_name("../a method")
    '..-a-method'
    """
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in text)
