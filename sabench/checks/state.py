"""Everything that an object holds, so that it can be said what changed in it."""

from __future__ import annotations

import functools
import hashlib
import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

State = dict[str, str]
"""Digest of every leaf by the path that leads to it."""

_PLAIN = (str, bytes, int, float, complex, bool, type(None))


def state_of(thing: Any) -> State:
    """Return the state of an object: arrays and tensors by content, everything else by what it is made of.

    >>> class Box: ...
    >>> box = Box(); box.inside = [1, 2]; before = state_of(box); box.inside[1] = 3
    >>> changes(before, state_of(box))
    ['inside[1]']
    """
    return dict(_leaves(thing, "", {}))


def changes(before: State, after: State) -> list[str]:
    """Return the paths of what differs, appeared or vanished."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _leaves(thing: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[str, str]]:
    leaf = _leaf(thing)
    if leaf is not None:
        yield path, leaf
        return
    if id(thing) in seen:
        return
    seen[id(thing)] = thing  # kept, so that its id is not given to another object meanwhile
    parts = dict(_parts(thing))
    yield f"{path}<{type(thing).__name__}>", str(sorted(parts)) if isinstance(thing, Mapping) else str(len(parts))
    for name, part in parts.items():
        yield from _leaves(part, f"{path}{name}".lstrip("."), seen)


def _leaf(thing: Any) -> str | None:
    """Return a digest of what has no parts; None where it has."""
    if isinstance(thing, _PLAIN):
        return f"{type(thing).__name__} {thing!r}"
    if isinstance(thing, (np.ndarray, np.generic)):
        return _array(np.asarray(thing))
    if (torch := sys.modules.get("torch")) is not None and isinstance(thing, torch.Tensor):
        plain = thing.detach().cpu()
        return f"tensor {_array((plain.float() if plain.dtype is torch.bfloat16 else plain).numpy())}"
    if isinstance(thing, np.random.Generator):
        return str(thing.bit_generator.state)
    if isinstance(thing, PurePath) or type(thing).__module__.startswith("pandas."):
        # They keep caches inside, which come and go without a change.
        return f"{type(thing).__name__} {hashlib.sha256(pickle.dumps(thing)).hexdigest()}"
    if isinstance(thing, (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
        return getattr(thing, "__qualname__", thing.__name__)
    return None


def _array(array: np.ndarray) -> str:
    content = repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).tobytes()
    return f"{array.dtype} {array.shape} {hashlib.sha256(content).hexdigest()}"


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object is made of: entries, attributes, slots."""
    if isinstance(thing, Mapping):
        yield from ((f"[{key!r}]", value) for key, value in thing.items())
    elif isinstance(thing, (list, tuple)):
        yield from ((f"[{number}]", value) for number, value in enumerate(thing))
    elif isinstance(thing, (set, frozenset)):
        yield from ((f"{{{text}}}", True) for text in sorted(map(repr, thing)))
    elif isinstance(thing, functools.partial):
        yield from ((f".{name}", getattr(thing, name)) for name in ("func", "args", "keywords"))
    else:
        yield from ((f".{name}", value) for name, value in _attributes(thing))


def _attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object; of one that hides them, what it would be pickled as."""
    if not hasattr(thing, "__dict__") and not any("__slots__" in cls.__dict__ for cls in type(thing).__mro__):
        yield from _pickled(thing)
        return
    yield from vars(thing).items() if hasattr(thing, "__dict__") else ()
    for cls in type(thing).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(thing, name) and name not in ("__dict__", "__weakref__"):
                yield name, getattr(thing, name)


def _pickled(thing: Any) -> Iterator[tuple[str, Any]]:
    try:
        parts = thing.__reduce_ex__(4)
    except Exception:  # noqa: BLE001  (what cannot be pickled cannot be looked into)
        return
    if isinstance(parts, tuple):
        plain = (list(part) if isinstance(part, Iterator) else part for part in parts[1:])
        yield from ((str(number), part) for number, part in enumerate(plain))
