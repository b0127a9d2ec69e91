"""Files that bear the name of audio and are something else, by their first bytes."""

from __future__ import annotations

from typing import Final

_LFS: Final = "is a git-lfs pointer (a text in place of the recording); fetch the recordings with: git lfs pull"
_ANNEX: Final = "is a git-annex pointer (a text in place of the recording); fetch the recordings with: git annex get ."
_PAGE: Final = "is a web page, not a recording: the download failed or asked for a login; download it again."
_FFMPEG: Final = "decode the sound with: ffmpeg -i FILE -vn FILE.wav"
_BEGINNINGS: Final = (
    (0, b"version https://git-lfs", _LFS),
    (0, b"version https://hawser", _LFS),
    (0, b"/annex/objects/", _ANNEX),
    (0, b"../.git/annex/objects/", _ANNEX),
    (0, b"<!doctype html", _PAGE),
    (0, b"<html", _PAGE),
    (0, b"<?xml", "is an XML text, not a recording; download it again."),
    (0, b"pk\x03\x04", "is a ZIP archive; unpack it."),
    (0, b"\x1f\x8b", "is a gzip archive; unpack it."),
    (0, b"rar!", "is a RAR archive; unpack it."),
    (4, b"ftyp", f"is an MP4 or M4A file, which cannot be decoded here; {_FFMPEG}"),
    (0, b"\x1a\x45\xdf\xa3", f"is a Matroska or WebM file, which cannot be decoded here; {_FFMPEG}"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", f"is a WMA or WMV file, which cannot be decoded here; {_FFMPEG}"),
    (0, b"flv\x01", f"is a Flash video, which cannot be decoded here; {_FFMPEG}"),
    (8, b"avi ", f"is an AVI video, which cannot be decoded here; {_FFMPEG}"),
    (0, b"#!amr", f"is an AMR file, which cannot be decoded here; {_FFMPEG}"),
)


def foreign(head: bytes) -> str:
    """Return what a file is instead of audio, and what to do; empty where it may be audio.

    >>> foreign(b"version https://git-lfs.github.com/spec/v1")[:23]
    'is a git-lfs pointer (a'
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n") if head[:1] not in (b"\x00", b"\x1f") else head
    for place, beginning, kind in _BEGINNINGS:
        content = start if place == 0 else head
        if content[place : place + len(beginning)].lower() == beginning.lower():
            return kind
    return ""
