"""One file of features: how it is written, read, and found to be damaged.

A shard is a safetensors file: a JSON header, then float32 arrays by the digest of their audio. Its metadata
hold a CRC-32 over digest, shape and values of each, so that no damage to header or values goes unseen.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import uuid
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from sabench.errors import FeatureError
from sabench.machine.files import replace_file

SUFFIX: Final = ".safetensors"
_LENGTH_BYTES: Final = 8  # a safetensors file starts with the length of its header


File = tuple[Path, tuple[int, int]]
"""A file and its stamp: size and time of change."""


class DamagedShard(ValueError):
    """A shard that is not what was written."""


class ShardEntry(NamedTuple):
    """Where one array lies in its shard, and its checksum."""

    offset: int
    shape: tuple[int, ...]
    crc: int

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


@dataclass(eq=False)
class Shard:
    """A shard whose header was read.

    Attributes:
        path: the file.
        stamp: its size and time of change; another stamp is another shard.
        entries: by digest of the audio.
        sound: digests whose checksum was found right.
    """

    path: Path
    stamp: tuple[int, int]
    entries: Mapping[str, ShardEntry]
    sound: set[str] = field(default_factory=set)

    @property
    def file(self) -> File:
        """The file in the state that it was read in."""
        return self.path, self.stamp

    def array(self, digest: str, mapped: mmap.mmap) -> np.ndarray:
        """Return one array as a read-only window on the mapped file."""
        entry = self.entries[digest]
        return np.frombuffer(mapped, np.float32, entry.size, entry.offset).reshape(entry.shape)

    def is_sound(self, digest: str, mapped: mmap.mmap) -> bool:
        """Return whether an array is what was written; each is computed once."""
        if digest in self.sound:
            return True
        if checksum(digest, self.array(digest, mapped)) != self.entries[digest].crc:
            return False
        self.sound.add(digest)
        return True


def checksum(digest: str, array: np.ndarray) -> int:
    """Return the CRC-32 of a digest, a shape and the values."""
    return zlib.crc32(array.data, zlib.crc32(f"{digest}{array.shape}".encode()))


def write_shard(folder: Path, arrays: Mapping[str, np.ndarray]) -> Path:
    """Write float32 arrays by digest as a new shard; it appears whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    from safetensors.numpy import save

    tensors = {digest: np.ascontiguousarray(array) for digest, array in arrays.items()}
    content = save(tensors, {digest: f"{checksum(digest, array):08x}" for digest, array in tensors.items()})

    def write(beside: Path) -> None:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # before the rename, or a power cut leaves a name without content

    path = folder / f"{uuid.uuid4().hex}{SUFFIX}"
    replace_file(path, write)
    return path


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn the failure to write into one sentence."""
    try:
        yield
    except OSError as error:
        msg = (
            f"The feature store {folder} cannot be written: {error.strerror or error}. Nothing is left half-written. "
            "Free some space, or let SABENCH_CACHE name a folder that can be written."
        )
        raise FeatureError(msg) from error


def stamp_of(status: os.stat_result) -> tuple[int, int]:
    """Return what tells one state of a file from another."""
    return status.st_size, status.st_mtime_ns


def open_shard(path: Path) -> Shard:
    """Read the header of a shard.

    Raises:
        DamagedShard: it is not a whole shard, saying why.
        FileNotFoundError: another process removed it in the meantime.
    """
    with path.open("rb") as file:
        stamp = stamp_of(os.fstat(file.fileno()))
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if _LENGTH_BYTES + length > stamp[0]:
            msg = "its header is cut off"
            raise DamagedShard(msg)
        header = file.read(length)
    try:
        entries = _entries(json.loads(header), _LENGTH_BYTES + length)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = "its header cannot be read"
        raise DamagedShard(msg) from error
    end = max((entry.offset + 4 * entry.size for entry in entries.values()), default=_LENGTH_BYTES + length)
    if end != stamp[0]:
        msg = f"it has {stamp[0]} bytes where its header promises {end}"
        raise DamagedShard(msg)
    return Shard(path, stamp, entries)


def _entries(header: dict[str, Any], start: int) -> dict[str, ShardEntry]:
    crcs = header.pop("__metadata__")
    return {digest: _entry(value, start, crcs[digest]) for digest, value in header.items()}


def _entry(value: Mapping[str, Any], start: int, crc: str) -> ShardEntry:
    first, last = value["data_offsets"]
    entry = ShardEntry(start + first, tuple(value["shape"]), int(crc, 16))
    if value["dtype"] != "F32" or first < 0 or min(entry.shape, default=0) < 1 or last - first != 4 * entry.size:
        msg = f"offsets {first} to {last} do not fit {value['dtype']} {entry.shape}"
        raise ValueError(msg)
    return entry
