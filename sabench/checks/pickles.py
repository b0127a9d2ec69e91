"""Tells files that hold a pickle, whose loading may run code."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickletools
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

_UNPACKERS: Final = (gzip.decompress, bz2.decompress, lzma.decompress, zlib.decompress)
_NAMING: Final = ("GLOBAL", "STACK_GLOBAL", "INST", "REDUCE")
"""Operations that name or call what a pickle runs."""


def holds_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or a packed file, an archive or an array with one inside."""
    with warnings.catch_warnings():
        # Weights may read as the text of a pickle with an escape that is none; that is no fault of the file.
        warnings.simplefilter("ignore", DeprecationWarning)
        return _holds(path.read_bytes())


def _holds(content: bytes) -> bool:
    if zipfile.is_zipfile(io.BytesIO(content)):  # as torch and numpy write them
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(_holds(archive.read(name)) for name in archive.namelist())
    if content.startswith(b"\x93NUMPY"):
        return _holds_objects(content)
    unpacked = _unpacked(content)
    return _is_pickle(content) if unpacked is None else _holds(unpacked)


def _holds_objects(content: bytes) -> bool:
    """Whether an array has objects, also as a field of its rows: these are a pickle behind a header."""
    try:
        np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        return "allow_pickle" in str(error)
    return False


def _unpacked(content: bytes) -> bytes | None:
    for unpack in _UNPACKERS if content else ():
        try:
            return unpack(content)
        except (OSError, EOFError, lzma.LZMAError, zlib.error):
            continue
    return None


def _is_pickle(content: bytes) -> bool:
    if content.startswith(b"\x80"):  # joblib writes arrays between the operations, so that not all can be read
        return any(name in (*_NAMING, "STOP") for name in _operations(content))
    stream = io.BytesIO(content)
    try:
        pickletools.dis(stream, io.StringIO())  # looks after the stack too, on which a text would fail
    except ValueError:
        return False
    return stream.tell() == len(content) or any(name in _NAMING for name in _operations(content))


def _operations(content: bytes) -> Iterator[str]:
    """Yield the names of operations as far as there are any."""
    try:
        yield from (operation.name for operation, _, _ in pickletools.genops(content))
    except ValueError:
        return
