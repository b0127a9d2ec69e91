"""The file of one evaluation: probabilities and a small record, checked in shape, range and digest when it is read."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from sabench.cells.records import EVALUATION, EvaluationRecord
from sabench.machine.files import write_bytes
from sabench.machine.kept import MiB, read_bytes

LIMIT_BYTES: Final = 256 * MiB
SUM_TOLERANCE: Final = 1e-3
"""How far probabilities of one utterance may be from a sum of one."""
_BELOW_ZERO: Final = -1e-9
_HEADER: Final = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(<f8|\|u1)', 'fortran_order': False, 'shape': \(([0-9, ]{1,40})\), \} *\n",
    re.DOTALL,
)
_ZIP_FAULTS: Final = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile raises over damage."""
_MEMBERS: Final = ("probabilities.npy", "record.npy")

Shape = tuple[int, int]


def write(path: Path, key: str, probabilities: np.ndarray, record: Mapping[str, Any]) -> None:
    """Keep probabilities, shape `(n_scored, n_classes)`, with their digest.

    Raises:
        ResultsError: the folder cannot be written.
    """
    array = np.ascontiguousarray(probabilities, dtype="<f8")
    text = json.dumps({**record, "key": key, "sha256": _digest(array)})
    buffer = io.BytesIO()
    np.savez(buffer, probabilities=array, record=np.frombuffer(text.encode(), np.uint8))
    write_bytes(path, buffer.getvalue())


def read(path: Path, key: str, shape: Shape | None = None) -> tuple[np.ndarray, EvaluationRecord] | None:
    """Return probabilities and record, or None where there is no file.

    Args:
        path: the file.
        key: the evaluation key that it must be of.
        shape: that the probabilities must have; None where nobody knows it yet.

    Raises:
        DamagedFile: it is not what was written, is of another evaluation, or holds no probabilities.
        UnreadableFile: it cannot be read now, and may be sound.
    """
    content = read_bytes(path, LIMIT_BYTES)
    if content is None:
        return None
    try:
        members = _members(content)
        probabilities = _array(members[0], "<f8", 2)
        text = _array(members[1], "|u1", 1).tobytes()
    except _ZIP_FAULTS as error:
        raise EVALUATION.damaged(str(path), _words(error)) from error
    record = EVALUATION.parse(text, str(path))
    fault = _fault(probabilities, record, key, shape)
    if fault:
        raise EVALUATION.damaged(str(path), fault)
    return probabilities, record


def refuse_other_shape(path: Path, probabilities: np.ndarray, shape: Shape) -> None:
    """Raise where there are not as many rows as utterances, and columns as classes.

    Raises:
        DamagedFile: with both shapes.
    """
    if probabilities.shape != shape:
        raise EVALUATION.damaged(str(path), _other_shape(probabilities, shape))


def _fault(probabilities: np.ndarray, record: EvaluationRecord, key: str, shape: Shape | None) -> str:
    """Return what is wrong with probabilities; empty where nothing is."""
    if shape is not None and probabilities.shape != shape:
        return _other_shape(probabilities, shape)
    if record.key not in (None, key):
        return f"it is of another evaluation ({record.key})"
    if record.sha256 not in (None, _digest(probabilities)):
        return "its probabilities were changed, as their SHA-256 is another one"
    return probability_fault(probabilities)


def probability_fault(probabilities: np.ndarray) -> str:
    """Return why rows are no probabilities; empty where they are."""
    # Written so that a not-a-number fails each comparison.
    if probabilities.size and not probabilities.min() >= _BELOW_ZERO:
        return "it holds a probability below zero, or one that is no number"
    if probabilities.size and not np.abs(probabilities.sum(axis=1) - 1).max() <= SUM_TOLERANCE:
        return "it holds probabilities that do not sum to one"
    return ""


def _other_shape(probabilities: np.ndarray, shape: Shape) -> str:
    return f"it has {probabilities.shape} probabilities; expected {shape}: a row an utterance, a column a class"


def _members(content: bytes) -> list[bytes]:
    """Return both members in full, so that the zip's own checksums are compared."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if tuple(packed.namelist()) != _MEMBERS:
            msg = f"it does not hold {' and '.join(_MEMBERS)}"
            raise ValueError(msg)
        for info in packed.infolist():
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > len(content):
                msg = "its members are packed, which sabench never does"
                raise ValueError(msg)
        return [packed.read(name) for name in _MEMBERS]


def _array(content: bytes, dtype: str, n_dimensions: int) -> np.ndarray:
    """Return the array of an npy member, as numpy writes it, whose header fits its bytes."""
    header = _HEADER.match(content)
    if header is None:
        msg = "the header of an array in it is not as numpy writes it"
        raise ValueError(msg)
    shape = tuple(int(length) for length in header[2].split(b",") if length.strip())
    body = content[header.end() :]
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if header[1].decode() != dtype or len(shape) != n_dimensions or size != len(body):
        msg = f"an array in it is of {header[1].decode()} and shape {shape}, in {len(body)} bytes"
        raise ValueError(msg)
    return np.frombuffer(body, dtype).reshape(shape)


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(f"{array.shape}".encode() + array.tobytes()).hexdigest()


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
