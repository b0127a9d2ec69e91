"""Reading files that are kept: a crash, a disk or a stranger may have changed them. Reading never changes a file."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError

from sabench.errors import DamagedFile, UnreadableFile

T = TypeVar("T")
MiB: Final = 2**20
_LEVELS: Final = 20
"""How deep values may nest that plugins choose, such as parameters."""
_TOLD_FAULTS: Final = 100
"""So many faults of one file are looked at; a file with more is not what sabench wrote in any way."""
_BLANK: Final = b"0" * 64
_SEAL: Final = b',\n "sha256": "'
_END: Final = b'"\n}\n'


def shallow(value: Any, levels: int = _LEVELS) -> Any:
    """Return a JSON value that neither nests without end nor holds numbers that JSON lacks.

    Raises:
        ValueError: it does.
    """
    if isinstance(value, (dict, list)):
        if not levels:
            msg = f"it nests deeper than {_LEVELS} levels"
            raise ValueError(msg)
        for item in value.values() if isinstance(value, dict) else value:
            shallow(item, levels - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        msg = "it holds a number that is not finite"
        raise ValueError(msg)
    return value


NOTHING_ELSE: Final = ConfigDict(extra="forbid")
"""Of layouts of sealed files: a name that nobody knows may be a seal that was damaged."""
Values = Annotated[Mapping[str, Any], AfterValidator(shallow)]
"""A JSON object whose content a plugin chooses."""


def read_bytes(path: Path, limit_bytes: int) -> bytes | None:
    """Return the content of a plain file, or None where there is none.

    Raises:
        DamagedFile: it is no plain file, or far larger than any that sabench writes there.
        UnreadableFile: it cannot be read now, and may be sound.
    """
    try:
        # Without blocking, as somebody may have put a pipe there.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb", buffering=0) as stream:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                msg = f"{path} is no plain file. Move it away, then repeat the run's command."
                raise DamagedFile(msg)
            if state.st_size > limit_bytes:
                raise DamagedFile(_too_large(path, state.st_size, limit_bytes))
            return stream.readall()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        msg = f"{path} is a folder; expected a file. Move it away, then repeat the run's command."
        raise DamagedFile(msg) from error
    except OSError as error:
        msg = (
            f"{path} cannot be read now: {error.strerror or error}. It may be sound, and was left as it is; "
            "repeat the command when it can be read."
        )
        raise UnreadableFile(msg) from error


def _too_large(path: Path, size: int, limit_bytes: int) -> str:
    return (
        f"{path} has {size / MiB:.0f} MiB; sabench writes no more than {limit_bytes / MiB:.0f} MiB there. "
        "Move it away, then repeat the run's command."
    )


class KeptFile(Generic[T]):
    """One kind of JSON file: what it holds, and how large it may be.

    Args:
        layout: the type that its content is validated against.
        advice: what to do where it is damaged.
        limit_bytes: no such file is larger.
        limit_values: no such file holds more numbers, texts and names; so that neither memory nor time run out.
    """

    def __init__(self, layout: Any, advice: str, *, limit_bytes: int = MiB, limit_values: int = 50_000) -> None:
        self._layout, self._advice = layout, advice
        self._limit_bytes, self._limit_values = limit_bytes, limit_values

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        """Made when the first such file is read: it takes some milliseconds, and most commands read few kinds."""
        return TypeAdapter(self._layout)

    def read(self, path: Path) -> T | None:
        """Return what a file holds, or None where there is none.

        Raises:
            DamagedFile: it is not what sabench wrote.
            UnreadableFile: it cannot be read now, and may be sound.
        """
        content = read_bytes(path, self._limit_bytes)
        return None if content is None else self.parse(content, str(path))

    def parse(self, content: bytes, name: str) -> T:
        """Return what the content of a file of that name says; see `read`."""
        if content.count(b",") + content.count(b":") > self._limit_values:
            raise self.damaged(name, f"it holds more than {self._limit_values} values")
        text = unsealed(content)
        if text is None:
            raise self.damaged(name, "something in it was changed, as its SHA-256 is another one")
        try:
            return self._adapter.validate_json(text, strict=True)
        except ValidationError as error:
            raise self.damaged(name, first_fault(error)) from error

    def damaged(self, name: str, reason: str) -> DamagedFile:
        """Return the error that tells of damage and what to do."""
        return DamagedFile(f"{name} is damaged: {reason}. {self._advice}")


def first_fault(error: ValidationError) -> str:
    """Return the first fault that pydantic found, in words: where, and what was expected."""
    if error.error_count() > _TOLD_FAULTS:
        return f"{error.error_count()} of its values are not what sabench writes there"
    fault = error.errors(include_url=False, include_input=False)[0]
    if fault["type"] == "unexpected_keyword_argument" and fault["loc"] == ("sha256",):
        return "it was written by something else than sabench, as its SHA-256 is not where it belongs"
    place = ".".join(str(part) for part in fault["loc"])
    words = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {words[:1].lower()}{words[1:]}" if place else f"{words[:1].lower()}{words[1:]}"


def sealed(content: bytes) -> bytes:
    """Return the text of a JSON object with the SHA-256 of all of it as its last entry, so that damage is seen.

    The hash is taken with 64 zeros in its own place. It is no signature: whoever changes the text can make it anew.

    >>> unsealed(sealed(b'{"seed": 1}')), unsealed(sealed(b'{"seed": 1}').replace(b"1,", b"2,"))
    (b'{"seed": 1}', None)
    """
    head = content.rstrip().removesuffix(b"}").rstrip() + _SEAL
    digest = hashlib.sha256(head + _BLANK + _END).hexdigest()
    return head + digest.encode() + _END


def unsealed(content: bytes) -> bytes | None:
    """Return the text without its seal, or None where it was changed; text that has none is returned as it is."""
    if not content.endswith(_END):
        return content
    start = len(content) - len(_END) - len(_BLANK)
    head, digest = content[:start], content[start : -len(_END)]
    if not head.endswith(_SEAL):
        return content
    if hashlib.sha256(head + _BLANK + _END).hexdigest().encode() != digest:
        return None
    return head.removesuffix(_SEAL) + b"}"
