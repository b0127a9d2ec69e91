"""What the shards of one folder hold, and the maps through which it is read."""

from __future__ import annotations

import functools
import mmap
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from sabench.errors import FeatureError
from sabench.features.places import Places, places_of
from sabench.features.shards import SUFFIX, DamagedShard, File, Shard, open_shard, stamp_of

MAPPED_BYTES: Final = 512 * 2**20
"""How much is kept mapped for re-use; pages that one process alone has read count as its private memory."""
MAPPED_FILES: Final = 256
"""Each map holds a file descriptor, of which a process commonly has 1024."""


class Maps:
    """The shards used last, mapped into memory. A map lives on while an array of it does."""

    def __init__(self) -> None:
        self._maps: OrderedDict[File, mmap.mmap] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, file: File) -> mmap.mmap:
        """Return the map of a shard.

        Raises:
            DamagedShard: it has changed since its header was read.
            FileNotFoundError: it was merged into another shard.
        """
        with self._lock:
            if file in self._maps:
                self._maps.move_to_end(file)
                return self._maps[file]
            self._maps[file] = _map(*file)
            self._bytes += file[1][0]
            while len(self._maps) > 1 and (self._bytes > MAPPED_BYTES or len(self._maps) > MAPPED_FILES):
                (_, (size, _)), _ = self._maps.popitem(last=False)
                self._bytes -= size
            return self._maps[file]


def _map(path: Path, stamp: tuple[int, int]) -> mmap.mmap:
    with path.open("rb") as file:
        if stamp_of(os.fstat(file.fileno())) != stamp:
            msg = "it has changed while it was in use"  # reading behind the end of a file kills a process
            raise DamagedShard(msg)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class Index:
    """The entries of one folder by digest of their audio, as far as this process has read the headers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shards: dict[str, Shard] = {}
        self._where: dict[str, Shard] = {}
        self.maps = Maps()

    def refresh(self) -> dict[Path, str]:
        """Read the headers of shards that are new; return the damaged ones with the reason."""
        damaged: dict[Path, str] = {}
        shards: dict[str, Shard] = {}
        for name, stamp in _listing(self.folder).items():
            known = self._shards.get(name)
            try:
                shards[name] = known if known and known.stamp == stamp else open_shard(self.folder / name)
            except DamagedShard as error:
                damaged[self.folder / name] = str(error)
            except FileNotFoundError:
                continue  # merged by another process; what it held is in a shard that the next refresh sees
        if shards != self._shards:
            self._shards = shards
            self._where = {digest: shard for shard in shards.values() for digest in shard.entries}
        return damaged

    def check(self, digests: Iterable[str]) -> dict[Path, str]:
        """Compare the checksums of entries; return damaged shards with the reason."""
        damaged: dict[Path, str] = {}
        for digest in digests:
            shard = self._where.get(digest)
            if shard is None or digest in shard.sound or shard.path in damaged:
                continue
            try:
                if not shard.is_sound(digest, self.maps.get(shard.file)):
                    damaged[shard.path] = "a checksum is wrong"
            except DamagedShard as error:
                damaged[shard.path] = str(error)
            except FileNotFoundError:
                continue  # as above
        return damaged

    def __contains__(self, digest: str) -> bool:
        return digest in self._where

    def shape(self, digest: str) -> tuple[int, ...]:
        """Return the shape of an entry; FeatureError where there is none."""
        return self._shard_of(digest).entries[digest].shape

    def places(self, digests: Iterable[str]) -> Places:
        """Return where entries lie; FeatureError where one is missing."""
        located = []
        for digest in digests:
            shard = self._shard_of(digest)
            entry = shard.entries[digest]
            located.append((shard, entry.offset, entry.shape))
        return places_of(located)

    def read(self, digest: str) -> np.ndarray:
        """Return an entry, memory-mapped and read-only; FeatureError where there is none."""
        shard = self._shard_of(digest)
        try:
            return shard.array(digest, self.maps.get(shard.file))
        except (FileNotFoundError, DamagedShard):
            self.refresh()
        shard = self._shard_of(digest)
        return shard.array(digest, self.maps.get(shard.file))

    def shards(self) -> list[Shard]:
        """Return the shards that are known."""
        return list(self._shards.values())

    def _shard_of(self, digest: str) -> Shard:
        if digest not in self._where:
            self.refresh()
        if digest not in self._where:
            msg = (
                f"The feature store {self.folder} lacks features that were there before. "
                "Run the same command again: they are computed anew."
            )
            raise FeatureError(msg)
        return self._where[digest]


@functools.cache
def opened(folder: Path) -> Index:
    """Return this process's index of a folder."""
    return Index(folder)


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    stamps = {}
    for path in folder.glob(f"[!.]*{SUFFIX}"):
        try:
            stamps[path.name] = stamp_of(path.stat())
        except FileNotFoundError:
            continue  # merged by another process since it was listed
    return stamps
