"""FLAC: the number of samples in its header against the number of its last frame.

Layout: RFC 9639 (2024), sections 8.2 (streaminfo) and 9.1 (frame header).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, Final

from sabench.containers.held import Damaged, Held, cut_short, longer

MAGIC: Final = b"fLaC"
_STREAMINFO: Final = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_TOTAL_AT: Final = 18
_TAIL_BYTES: Final = 2**18
_PIECE_BYTES: Final = 2**20
_BLOCK_SIZES: Final = {1: 192, **{n: 576 * 2 ** (n - 2) for n in range(2, 6)}, **{n: 2**n for n in range(8, 16)}}


@dataclass(frozen=True)
class _Info:
    """What the header says of the stream, in samples of one channel."""

    block: int
    total: int
    fields: int  # the 8 bytes of rate, channels, bits and total


def flac(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on a FLAC file; a total of 0 stands for unknown and is corrected.

    Raises:
        Damaged: it is cut short, longer than its header tells, or two are joined.
    """
    info = _info(stream.read(26))
    if info is None:
        return Held()
    if _joined(stream):
        raise longer("another FLAC file is joined to it")
    stream.seek(max(size - _TAIL_BYTES, 0))
    end = _last_sample(stream.read(), info)
    if end is None and info.total:
        return Held()  # cut within a frame, or with a tag behind the last: decoding tells which
    if end is None:
        msg = "is truncated: its last frame is not whole, and its header tells no length; restore it from the original."
        raise Damaged(msg)
    if not info.total:
        return Held({_TOTAL_AT: (info.fields | end).to_bytes(8, "big")})
    if end < info.total:
        raise cut_short(info.total, end, "samples")
    if end > info.total:
        raise longer(f"{info.total} samples, and {end} are there")
    return Held()


def _info(head: bytes) -> _Info | None:
    if len(head) < 26 or head[:4] != MAGIC or head[4] & 0x7F:
        return None
    smallest, largest = struct.unpack(">HH", head[8:12])
    fields = int.from_bytes(head[_TOTAL_AT:], "big")
    total = fields & (2**36 - 1)
    return _Info(largest if smallest == largest else 0, total, fields - total)


def _joined(stream: IO[bytes]) -> bool:
    """Return whether a second header stands anywhere behind the first."""
    stream.seek(4)
    overlap = b""
    while piece := stream.read(_PIECE_BYTES):
        if any(mark in overlap + piece for mark in _STREAMINFO):
            return True
        overlap = piece[-8:]
    return False


def _last_sample(tail: bytes, info: _Info) -> int | None:
    """Return the number of the sample at which the last frame ends, None where no frame ends with the file."""
    place = len(tail)
    while (place := tail.rfind(b"\xff", 0, place)) >= 0:
        end = _end_of(tail[place : place + 20], info)
        if end is not None and (end == info.total or _crc16(tail[place:]) == 0):
            return end
    return None


def _end_of(head: bytes, info: _Info) -> int | None:
    """Return the number of the sample at which a frame ends, None where its header is none."""
    if len(head) < 7 or head[1] not in (0xF8, 0xF9) or head[3] & 1:
        return None
    number, used = _coded_number(head[4:11])
    if number is None:
        return None
    code, place = head[2] >> 4, 4 + used
    extra = {6: 1, 7: 2}.get(code, 0)
    block = int.from_bytes(head[place : place + extra], "big") + 1 if extra else _BLOCK_SIZES.get(code)
    place += extra + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if block is None or len(head) <= place or _crc8(head[: place + 1]) != 0:
        return None
    first = number if head[1] == 0xF9 else number * (info.block or block)
    return first + block


def _coded_number(content: bytes) -> tuple[int | None, int]:
    """Return a number in the manner of UTF-8, and the bytes that it takes."""
    if not content or content[0] in (0xFE, 0xFF) or 0x80 <= content[0] < 0xC0:
        return (None, 0) if not content or content[0] != 0xFE else _long_number(content, 7, 0)
    if content[0] < 0x80:
        return content[0], 1
    length = 8 - (content[0] ^ 0xFF).bit_length()
    return _long_number(content, length, content[0] & (0x7F >> length))


def _long_number(content: bytes, length: int, number: int) -> tuple[int | None, int]:
    for byte in content[1:length]:
        if byte & 0xC0 != 0x80:
            return None, 0
        number = number << 6 | byte & 0x3F
    return (number, length) if len(content) >= length else (None, 0)


def _crc8(content: bytes) -> int:
    """Return the checksum of a frame header; 0 where its last byte is the checksum of the others."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def _crc16(content: bytes) -> int:
    """Return the checksum of a frame; 0 where its last two bytes are the checksum of the others."""
    crc = 0
    for byte in content:
        crc = (crc << 8 & 0xFFFF) ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _crc16_of(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1 ^ 0x8005) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


_CRC16: Final = tuple(_crc16_of(byte) for byte in range(256))
