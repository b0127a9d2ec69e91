"""Ogg: its pages must end with the last of a stream, and there must be one stream of sound.

Layout: RFC 3533 (2003), section 6.
"""

from __future__ import annotations

import struct
from typing import IO, Final

from sabench.containers.held import Damaged, Held, longer

MAGIC: Final = b"OggS"
_FIRST, _LAST = 2, 4


def ogg(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on an Ogg file.

    Raises:
        Damaged: it is cut short, or two are joined.
    """
    stream.seek(0)
    ended: set[int] = set()
    serial, flags, start, place = 0, 0, 0, 0
    while len(head := stream.read(27)) == 27 and head[:4] == MAGIC:
        flags, serial, n_parts = head[5], *struct.unpack("<I", head[14:18]), head[26]
        if flags & _FIRST and ended:
            raise longer("another Ogg stream is joined to it")
        if flags & _LAST:
            ended.add(serial)
        start, place = place, place + 27 + n_parts + sum(stream.read(n_parts))
        stream.seek(place)
    if place > size or serial not in ended:
        msg = "is truncated: its last page is not the end of the stream; restore it from the original."
        raise Damaged(msg)
    stream.seek(start)
    if not _is_whole(stream.read(place - start)):
        msg = "is damaged: the checksum of its last page is wrong; restore it from the original."
        raise Damaged(msg)
    return Held()


def _is_whole(page: bytes) -> bool:
    """Return whether a page has the checksum that it tells; libsndfile leaves out others without a word."""
    crc = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _CRC[crc >> 24 ^ byte]
    return crc == int.from_bytes(page[22:26], "little")


def _crc_of(byte: int) -> int:
    crc = byte << 24
    for _ in range(8):
        crc = (crc << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if crc & 0x80000000 else crc << 1
    return crc


_CRC: Final = tuple(_crc_of(byte) for byte in range(256))
