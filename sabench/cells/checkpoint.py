"""The state of training that the next epoch goes on from: arrays and a JSON value in one file."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from sabench.errors import DamagedFile
from sabench.machine.files import write_bytes
from sabench.machine.kept import MiB, read_bytes

log = logging.getLogger(__name__)
LIMIT_BYTES: Final = 4096 * MiB


class FileCheckpoint:
    """Arrays and a JSON value in one safetensors file, replaced in one step."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
        """Replace what is kept."""
        from safetensors.numpy import save

        # Not np.ascontiguousarray, which gives an array of no dimensions one.
        contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        text = json.dumps(state)
        write_bytes(self._path, save(contiguous, metadata={"state": text, "crc": checksum(contiguous, text)}))

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Return what was kept last; None where there is nothing or it is damaged.

        Raises:
            UnreadableFile: it cannot be read now, and may be sound.
        """
        from safetensors import SafetensorError

        try:
            content = read_bytes(self._path, LIMIT_BYTES)
            return None if content is None else _parsed(content)
        except (DamagedFile, SafetensorError, ValueError, LookupError, TypeError, RecursionError) as error:
            log.warning("Checkpoint %s is damaged; training starts again: %s", self._path, error)
            return None

    def forget(self) -> None:
        """Remove what is kept."""
        self._path.unlink(missing_ok=True)


def checksum(arrays: Mapping[str, np.ndarray], state: str) -> str:
    """Return the CRC-32 of names, types, shapes and values, and of the state."""
    crc = zlib.crc32(state.encode())
    for name, array in sorted(arrays.items()):
        crc = zlib.crc32(f"{name}{array.dtype}{array.shape}".encode(), crc)
        crc = zlib.crc32(array.tobytes(), crc)
    return f"{crc:08x}"


def _parsed(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from safetensors.numpy import load

    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    arrays: dict[str, np.ndarray] = load(content)
    # Checkpoints of older versions have no checksum.
    if metadata.get("crc", expected := checksum(arrays, metadata["state"])) != expected:
        msg = "a checksum is wrong"
        raise ValueError(msg)
    state = json.loads(metadata["state"])
    if not isinstance(state, dict):
        msg = "its state is no JSON object"
        raise ValueError(msg)
    return arrays, state
