"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench.errors import ResultsError
from sabench.machine.kept import sealed

if TYPE_CHECKING:
    from filelock import FileLock


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then put it in its place at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(path)
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def make_folder(path: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write a folder beside `path`, then give it its name; nothing is left of a failure.

    Raises:
        OSError: something that is no empty folder is there already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(path)
    try:
        beside.mkdir()
        fill(beside)
        beside.replace(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file of the results folder at once.

    Raises:
        ResultsError: the folder cannot be written or the disk is full; what stood there still stands.
    """
    try:
        replace_file(path, lambda beside: beside.write_bytes(content))
    except OSError as error:
        msg = (
            f"{path} cannot be written: {error.strerror or error}. "
            "Make room or make it writable, then repeat the command; finished work is kept."
        )
        raise ResultsError(msg) from error


def write_json(path: Path, value: Any, *, seal: bool = False) -> None:
    """Replace a JSON file of the results folder at once; with a seal, damage is seen when it is read."""
    content = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode()
    write_bytes(path, sealed(content) if seal else content)


def lock_in(folder: Path) -> FileLock:
    """Return the lock to hold while a folder, made where it is not there, is changed; a dead holder's is free.

    Raises:
        ResultsError: the folder cannot be made.
    """
    from filelock import FileLock

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be made: {error.strerror}. Choose another --results folder or make it writable."
        raise ResultsError(msg) from error
    return FileLock(folder / "lock")


def set_aside(path: Path) -> None:
    """Rename a damaged file to `NAME.damaged`; only whoever holds the lock of its folder may.

    Raises:
        ResultsError: the folder cannot be written.
    """
    try:
        path.replace(path.with_name(f"{path.name}.damaged"))
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"{path} is damaged and cannot be renamed: {error.strerror or error}. Make its folder writable."
        raise ResultsError(msg) from error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
