"""From a file to the judgement on it: which container it is, and whether all of it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from sabench.containers import blocks, mp3
from sabench.containers.flac import MAGIC as FLAC_MAGIC
from sabench.containers.flac import flac
from sabench.containers.foreign import foreign
from sabench.containers.held import Damaged, Held
from sabench.containers.ogg import MAGIC as OGG_MAGIC
from sabench.containers.ogg import ogg
from sabench.containers.riff import MAGICS as RIFF_MAGICS
from sabench.containers.riff import W64_MAGIC, riff, w64

Judge = Callable[[IO[bytes], int], Held]

CHECKED_FORMATS: Final = (
    "WAV",
    "WAVEX",
    "RF64",
    "W64",
    "AIFF",
    "AU",
    "NIST",
    "CAF",
    "FLAC",
    "OGG",
    "MP3",
    "HTK",
    "SDS",
)
"""Formats, in libsndfile's names, of which it is known whether a file is whole (HTK and SDS: by libsndfile)."""
_HEAD_BYTES: Final = 64
_JUDGES: Final[tuple[tuple[bytes, Judge], ...]] = (
    *((magic, riff) for magic in RIFF_MAGICS),
    (W64_MAGIC, w64),
    (b"FORM", blocks.aiff),
    (b".snd", blocks.au),
    (b"dns.", blocks.au),
    (b"NIST_1A", blocks.nist),
    (b"caff", blocks.caf),
    (FLAC_MAGIC, flac),
    (OGG_MAGIC, ogg),
)


def inspect(path: Path) -> Held:
    """Return the judgement on an audio file; of a container that is not known here nothing is said.

    Raises:
        Damaged: it is empty, no audio, cut short, or longer than its header tells.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size == 0:
        msg = "is empty (0 bytes); restore it from the original."
        raise Damaged(msg)
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        if kind := foreign(head):
            raise Damaged(kind)
        judge = next((judge for magic, judge in _JUDGES if head.startswith(magic)), None)
        if judge is None and mp3.is_mp3(head):
            judge = mp3.mp3
        stream.seek(0)
        return judge(stream, size) if judge is not None else Held()
