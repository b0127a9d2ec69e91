"""Audio files with headers that lie, for tests: two seconds of a tone, and what tools do to it."""

from __future__ import annotations

import io
import struct

import numpy as np
import soundfile

RATE = 16_000
SIGNAL = (0.3 * np.sin(np.arange(2 * RATE) / 9) + 0.01 * np.sin(np.arange(2 * RATE) ** 1.7)).astype(np.float32)
PCM = np.round(SIGNAL * 32_767).astype("<i2").tobytes()
DECODED = (np.frombuffer(PCM, "<i2") / 32_768).astype(np.float32)


def encoded(format: str, subtype: str | None = "PCM_16", signal: np.ndarray = SIGNAL, **options) -> bytes:
    """Return the bytes of a file that libsndfile writes."""
    stream = io.BytesIO()
    soundfile.write(stream, signal, RATE, format=format, subtype=subtype, **options)
    return stream.getvalue()


def wav(
    length: int | None = None, pcm: bytes = PCM, *, riff: int | None = None, rate: int = RATE, extra: bytes = b""
) -> bytes:
    """Return a WAV whose header gives a length, with something before its samples."""
    length = len(pcm) if length is None else length
    riff = min(length + 36 + len(extra), 0xFFFFFFFF) if riff is None else riff
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate & 0xFFFFFFFF, 2, 16)
    return b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + form + extra + b"data" + struct.pack("<I", length) + pcm


def chunk(name: bytes, content: bytes) -> bytes:
    """Return one chunk of a RIFF file."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def flac_with_total(total: int) -> bytes:
    """Return a FLAC whose header tells another number of samples; 0 stands for unknown."""
    content = bytearray(encoded("FLAC"))
    fields = int.from_bytes(content[18:26], "big")
    content[18:26] = ((fields >> 36 << 36) | total).to_bytes(8, "big")
    return bytes(content)


def mp3_without_count(**options) -> bytes:
    """Return an MP3 without the first frame that tells how many follow."""
    content = encoded("MP3", None, **options)
    mark = max(content.find(b"Xing"), content.find(b"Info"))
    return content[content.index(content[:2], mark) :]


def ogg_that_ends_at(sample: int) -> bytes:
    """Return an Ogg file whose last page says that it ends at a sample, with the right checksum."""
    content = bytearray(encoded("OGG", "VORBIS"))
    at = content.rindex(b"OggS")
    content[at + 6 : at + 14] = struct.pack("<q", sample)
    content[at + 22 : at + 26] = bytes(4)
    crc = 0
    for byte in content[at:]:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    content[at + 22 : at + 26] = struct.pack("<I", crc)
    return bytes(content)
