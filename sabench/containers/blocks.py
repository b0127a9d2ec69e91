"""AIFF, AU, NIST SPHERE and CAF: uncompressed samples behind a header that says how many.

Layouts: Apple, "Audio Interchange File Format", 1989, and "Core Audio Format", 2005; Sun's `audio_filehdr.h`; NIST,
"SPHERE", 1992.
"""

from __future__ import annotations

import re
import struct
from typing import IO, Final

from sabench.containers.held import TOLERANCE_BYTES, Held, cut_short, is_streamed, longer
from sabench.containers.riff import Samples, chunks, ends_in_chunks, judge

_MOST_CHUNKS: Final = 10_000
_NIST_FIELD: Final = re.compile(rb"^(\w+) -(?:i|s\d+) (\S+)", re.MULTILINE)


def aiff(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on an AIFF or AIFC file.

    Raises:
        Damaged: it is cut short, or two are joined.
    """
    stream.seek(12)
    frames_at, frame_bytes = 0, 0
    for name, length, begin in chunks(stream, ">"):
        if name == b"COMM":
            channels, _, bits = struct.unpack(">HIH", stream.read(8).ljust(8, b"\0"))
            frames_at, frame_bytes = begin + 2, channels * -(-bits // 8)
        elif name == b"SSND":
            fields = ((begin - 4, ">I", 8), (4, ">I", begin))
            samples = Samples(begin + 8, max(length - 8, 0), size, fields, (b"FORM",))
            held = judge(stream, samples, lambda: ends_in_chunks(stream, ">", size))
            return _with_frames(held, samples, frames_at, frame_bytes)
    return Held()


def _with_frames(held: Held, samples: Samples, frames_at: int, frame_bytes: int) -> Held:
    """Correct the number of frames beside the lengths."""
    if not held.corrections or not frames_at or not frame_bytes:
        return held
    frames = struct.pack(">I", samples.present // frame_bytes)
    return Held({**held.corrections, frames_at: frames}, held.remark)


def au(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on an AU file, of either byte order.

    Raises:
        Damaged: it is cut short, or two are joined.
    """
    head = stream.read(12)
    order = "<" if head[:4] == b"dns." else ">"
    begin, promised = struct.unpack(f"{order}II", head[4:].ljust(8, b"\0"))
    samples = Samples(begin, promised, size, ((8, f"{order}I", 0),), (b".snd", b"dns."))
    return judge(stream, samples, lambda: False)


def nist(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on a SPHERE file, whose header is text.

    Raises:
        Damaged: it is cut short, or longer than its header tells.
    """
    head = stream.read(1024)
    lines = head.split(b"\n", 2)
    begin = int(lines[1]) if len(lines) > 1 and lines[1].strip().isdigit() else 1024
    fields = dict(_NIST_FIELD.findall(head))
    counts = [fields.get(name, b"") for name in (b"sample_count", b"channel_count", b"sample_n_bytes")]
    if not all(count.isdigit() for count in counts) or fields.get(b"sample_coding", b"pcm") not in (b"pcm", b"ulaw"):
        return Held()
    promised = int(counts[0]) * int(counts[1]) * int(counts[2])
    if promised > size - begin + TOLERANCE_BYTES and not is_streamed(promised, begin):
        raise cut_short(promised, size - begin)
    if size - begin > promised + TOLERANCE_BYTES and promised:
        raise longer(f"{promised} bytes of audio, and {size - begin} are there")
    return Held()


def caf(stream: IO[bytes], size: int) -> Held:
    """Return the judgement on a CAF file; a length of -1 says that samples go on to the end.

    Raises:
        Damaged: it is cut short.
    """
    stream.seek(8)
    for _ in range(_MOST_CHUNKS):
        name, length = struct.unpack(">4sq", stream.read(12).ljust(12, b"\0"))
        begin = stream.tell()
        if name == b"data":
            if length > size - begin + TOLERANCE_BYTES and not is_streamed(length, begin):
                raise cut_short(length - 4, size - begin - 4)
            return Held()
        stream.seek(begin + max(length, 0))
    return Held()
