"""The judgement on one file: whole, cut short, longer than its header tells, or without a length in its header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

TOLERANCE_BYTES: Final = 64
"""[guess] What a header may promise too much or too little: some writers count the header itself (44 bytes, 1.4 ms)."""
_TAGS: Final = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")
_STREAMED: Final = (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFF000, 0xFFFFF000, 0x7F000000)
"""Lengths that tools write who cannot go back to correct a header: FFmpeg, SoX, arecord, GStreamer."""
_STREAMED_64: Final = 2**62
_SILENCE: Final = b"\x00\xff\x80"


class Damaged(ValueError):
    """A file that must not be used; the message says what is wrong, without the file's name."""


@dataclass(frozen=True)
class Held:
    """A file that may be used.

    Attributes:
        corrections: bytes that the decoder is to see at these offsets instead of the header's own.
        remark: what its user should know; empty where all is well.
        samples: of each channel, as far as frames tell them; None where the header is to be believed.
    """

    corrections: Mapping[int, bytes] = field(default_factory=dict)
    remark: str = ""
    samples: range | None = None


def is_streamed(length: int, begin: int) -> bool:
    """Return whether a length was written by a program that did not know it.

    Args:
        length: that the header gives, in bytes.
        begin: where the samples begin; some programs give the length of the file, others that of the samples.

    >>> is_streamed(0x7FFFF000, 44), is_streamed(0xFFFFFFFF - 36, 44), is_streamed(32_000, 44)
    (True, True, False)
    """
    if length >= _STREAMED_64:
        return True
    return any(length + extra in _STREAMED for extra in {0, 8, begin, begin - 8, begin - 16})


def cut_short(promised: int, present: int, unit: str = "bytes of audio") -> Damaged:
    """Return the error of a file that ends before its header says."""
    return Damaged(
        f"is truncated: its header promises {promised} {unit} and {present} are there; restore it from the original."
    )


def longer(reason: str) -> Damaged:
    """Return the error of a file of which a decoder would read the first part alone."""
    return Damaged(f"holds more than its header tells ({reason}); decode all of it into a new WAV or FLAC file.")


def holds_samples(rest: bytes) -> bool:
    """Return whether bytes behind the promised samples are samples too: no tag, and not one value throughout.

    >>> holds_samples(bytes(1000)), holds_samples(b"TAG" + bytes(125)), holds_samples(bytes(range(100)))
    (False, False, True)
    """
    if len(rest) <= TOLERANCE_BYTES or rest.startswith(_TAGS):
        return False
    return bool(rest.strip(rest[:1])) if rest[:1] in _SILENCE else True
