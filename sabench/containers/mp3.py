"""MPEG audio (MP3): the number of frames that the first one tells against those that are there.

Layout: ISO/IEC 11172-3 (1993), section 2.4.2.3; the frame of LAME and Xing that tells how many follow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Final

from sabench.containers.held import Held, cut_short, longer

_BITRATES: Final = {  # kbit/s by version 1 or 2, then layer
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_TOLERANCE_FRAMES: Final = 1
"""Some encoders count the frame that tells the number."""
_SLACK_FRAMES: Final = 4
"""[guess] What decoders leave out at the beginning."""


def is_mp3(head: bytes) -> bool:
    """Return whether a file begins as MPEG audio does."""
    return head[:3] == b"ID3" or (len(head) > 3 and _length(head[:4]) > 0)


def mp3(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on an MP3 file, whose first frame may tell how many follow.

    Raises:
        Damaged: it is cut short, or two are joined.
    """
    stream.seek(_behind_tag(stream))
    frames = _frames(stream, size)
    first = next(frames, b"")
    promised = _promised(first)
    present = sum(1 for _ in frames)
    if promised is None and first:
        samples = (present + 1) * _samples(first)
        return Held(samples=range(samples - _SLACK_FRAMES * _samples(first), samples + 1))
    if promised is None:
        return Held()
    if present + _TOLERANCE_FRAMES < promised:
        raise cut_short(promised, present, "frames")
    if present > promised + _TOLERANCE_FRAMES:
        raise longer(f"{promised} frames, and {present} are there; are several recordings joined?")
    return Held()


def _behind_tag(stream: IO[bytes]) -> int:
    """Return where the first frame may begin: behind an ID3v2 tag."""
    stream.seek(0)
    head = stream.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    length = sum((byte & 0x7F) << 7 * place for byte, place in zip(head[6:10], (3, 2, 1, 0), strict=True))
    return 10 + length + (10 if head[5] & 0x10 else 0)


def _frames(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield the beginning of every whole frame; what lies between frames is passed over."""
    place = stream.tell()
    content = memoryview(stream.read())
    end = size - place
    at = 0
    while at + 4 <= end:
        length = _length(content[at : at + 4])
        if not length:
            at = _next_sync(content, at + 1)
        elif at + length > end:
            return
        else:
            yield bytes(content[at : at + 200])
            at += length


def _next_sync(content: memoryview, start: int) -> int:
    """Return the place of the next byte with which a frame may begin."""
    while start < len(content):
        piece = bytes(content[start : start + 65_536])
        if (place := piece.find(b"\xff")) >= 0:
            return start + place
        start += len(piece)
    return start


def _length(head: bytes | memoryview) -> int:
    """Return the bytes of a frame by its header, 0 where it is none."""
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return 0
    bits = 1000 * _BITRATES[1 if version == 3 else 2, layer][bitrate]
    padding, hertz = head[2] >> 1 & 1, _RATES[version][rate]
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    return (72 if layer == 3 and version != 3 else 144) * bits // hertz + padding


def _samples(head: bytes) -> int:
    """Return the samples of each channel of a frame."""
    layer = 4 - (head[1] >> 1 & 3)
    if layer == 1:
        return 384
    return 576 if layer == 3 and head[1] >> 3 & 3 != 3 else 1152


def _promised(frame: bytes) -> int | None:
    """Return the number of frames that a first frame tells, None where it tells none."""
    for mark in (b"Xing", b"Info"):
        place = frame.find(mark, 4, 48)
        if place >= 0 and len(frame) >= place + 12 and frame[place + 7] & 1:
            return int(struct.unpack(">I", frame[place + 8 : place + 12])[0])
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        return int(struct.unpack(">I", frame[50:54])[0])
    return None
