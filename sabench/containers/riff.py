"""WAV in its kinds: RIFF, RIFX (big-endian), RF64 and BW64 (above 4 GiB), W64 of Sony.

Layouts: Microsoft, "Multimedia Programming Interface and Data Specifications", 1991; EBU Tech 3306 (RF64), 2009;
Sonic Foundry, "Wave64", 2002.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from sabench.containers.held import TOLERANCE_BYTES, Held, cut_short, holds_samples, is_streamed, longer

MAGICS: Final = (b"RIFF", b"RIFX", b"RF64", b"BW64")
W64_MAGIC: Final = b"riff\x2e\x91\xcf\x11"
_UNKNOWN: Final = 0xFFFFFFFF
_CHECKED_BYTES: Final = 4096
_MOST_CHUNKS: Final = 10_000
_PCM: Final = (1, 3)


@dataclass(frozen=True)
class Samples:
    """Where the samples of a file lie, by its header.

    Attributes:
        begin: offset of the first.
        promised: bytes.
        size: of the file, in bytes.
        fields: offset and `struct` format of every number that says how long the file is, with what it counts beside
            the samples.
        magics: what another file of this kind begins with.
    """

    begin: int
    promised: int
    size: int
    fields: tuple[tuple[int, str, int], ...] = field(default=())
    magics: tuple[bytes, ...] = MAGICS

    @property
    def present(self) -> int:
        """Bytes from the first sample to the end of the file."""
        return self.size - self.begin

    def corrections(self) -> dict[int, bytes]:
        """Return the header as it should be where all bytes to the end of the file are samples."""
        return {
            offset: struct.pack(kind, self.present + more)
            for offset, kind, more in self.fields
            if self.present + more < 2 ** (8 * struct.calcsize(kind))
        }


def riff(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on a RIFF, RIFX, RF64 or BW64 file.

    Raises:
        Damaged: it is cut short, or two are joined.
    """
    head = stream.read(12)
    order = ">" if head[:4] == b"RIFX" else "<"
    long_length, remark = None, ""
    for name, length, begin in chunks(stream, order):
        if name == b"ds64":
            long_length = struct.unpack("<Q", stream.read(16)[8:16].ljust(8, b"\0"))[0]
        elif name == b"fmt ":
            remark = _contradiction(stream.read(16), order)
        elif name == b"data":
            promised = long_length if length == _UNKNOWN and long_length is not None else length
            fields = ((begin - 4, f"{order}I", 0), (4, f"{order}I", begin - 8))
            held = judge(stream, Samples(begin, promised, size, fields), lambda: ends_in_chunks(stream, order, size))
            return Held(held.corrections, " ".join(filter(None, (held.remark, remark))))
    return Held()


def w64(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on a W64 file: names are of 16 bytes, lengths of 8 and count both.

    Raises:
        Damaged: it is cut short, or two are joined.
    """
    stream.seek(40)
    for _ in range(_MOST_CHUNKS):
        head = stream.read(24).ljust(24, b"\0")
        length, begin = struct.unpack("<Q", head[16:])[0], stream.tell()
        if head[:4] == b"data":
            fields = ((begin - 8, "<Q", 24), (16, "<Q", begin))
            samples = Samples(begin, max(length - 24, 0), size, fields, (W64_MAGIC,))
            return judge(stream, samples, lambda: _ends_in_guids(stream, size))
        if length < 24:
            break
        stream.seek(begin + length - 24 + -length % 8)
    return Held()


def judge(stream: IO[bytes], samples: Samples, ends_in_chunks: Callable[[], bool]) -> Held:
    """Return the judgement on samples that end where a header says.

    Args:
        stream: the file.
        samples: by its header.
        ends_in_chunks: whether what stands at the stream's position, up to the end of the file, is something else
            than samples.

    Raises:
        Damaged: the file is cut short, or two are joined.
    """
    if samples.promised > samples.present + TOLERANCE_BYTES:
        if is_streamed(samples.promised, samples.begin):
            return Held(samples.corrections())
        raise cut_short(samples.promised, samples.present)
    end = samples.begin + samples.promised
    stream.seek(end)
    rest = stream.read(_CHECKED_BYTES)
    if any(magic in rest[:TOLERANCE_BYTES] for magic in samples.magics):
        raise longer(f"{samples.promised} bytes of samples, and then another file is joined to it")
    stream.seek(end)
    if len(rest) <= TOLERANCE_BYTES or ends_in_chunks():
        return Held()
    if not holds_samples(rest):
        return Held(remark=f"{samples.size - end} bytes behind its samples are no audio and were left out.")
    if samples.promised == 0:  # what a program left that could not go back
        return Held(samples.corrections())
    remark = f"Its header promises {samples.promised} bytes of audio and {samples.present} are there; all were read."
    return Held(samples.corrections(), remark)


def chunks(stream: IO[bytes], order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, length and offset of the content of every chunk, from the stream's position on."""
    for _ in range(_MOST_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack(f"{order}4sI", head)
        begin = stream.tell()
        yield name, length, begin
        stream.seek(begin + length + length % 2)


def ends_in_chunks(stream: IO[bytes], order: str, size: int) -> bool:
    """Return whether only whole, well-named chunks stand between the position (or the byte after it) and the end."""
    place = stream.tell()
    return any(_are_chunks(stream, order, start, size) for start in (place, place + place % 2))


def _are_chunks(stream: IO[bytes], order: str, start: int, size: int) -> bool:
    stream.seek(start)
    for name, length, begin in chunks(stream, order):
        if not all(32 <= letter < 127 for letter in name) or begin + length > size:
            return False
        if size - (begin + length) < 8:
            return True
    return False


def _ends_in_guids(stream: IO[bytes], size: int) -> bool:
    place = stream.tell() + -stream.tell() % 8
    for _ in range(_MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(24)
        if len(head) < 24:
            return True
        length = struct.unpack("<Q", head[16:])[0]
        place += length + -length % 8
        if length < 24 or place > size + 8:
            return False
    return False


def _contradiction(content: bytes, order: str) -> str:
    """Return in words where the sampling rate of PCM does not fit the bytes that a second takes."""
    if len(content) < 16:
        return ""
    kind, channels, rate, bytes_a_second, align, _ = struct.unpack(f"{order}HHIIHH", content)
    if kind not in _PCM or not channels or not align or rate * align == bytes_a_second:
        return ""
    means = f"{bytes_a_second} bytes a second, which is {bytes_a_second / align:g} Hz"
    return f"Its header contradicts itself: {rate} Hz, but {means}."
