"""What a folder holds: its recordings by a pattern on their paths, and the tables beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sabench import DatasetError

AUDIO = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3")
"""Endings of recordings; of copies of one recording in one folder the first is taken."""

VIDEO = (".mp4", ".avi", ".mkv", ".mov", ".flv", ".webm")


@dataclass(frozen=True)
class Recording:
    """A file whose path says what it is.

    Attributes:
        path: absolute.
        base: what stands before the part of the path that speaks; one corpus copied twice has two.
        fields: what the pattern names, with `name`, the file's name without ending.
    """

    path: Path
    base: str
    fields: dict[str, str]


@dataclass
class Holdings:
    """What stands below a root.

    Attributes:
        recordings: in the order of bases (the shallower first), then of paths.
        strangers: audio files beside recordings, whose own path says nothing.
        n_audio: audio files in all.
        others: all other files, the shallower first.
    """

    recordings: list[Recording] = field(default_factory=list)
    strangers: list[Path] = field(default_factory=list)
    n_audio: int = 0
    others: list[Path] = field(default_factory=list)


def holdings(root: Path, pattern: str) -> Holdings:
    """Return what stands below a root.

    Args:
        root: a folder; its own name may be part of what a path says.
        pattern: of the end of a path in POSIX form, without the file's ending, with named groups.
    """
    of_path = re.compile(rf"(?P<base>(?:.*/)?)(?:{pattern})")
    below = Holdings()
    silent: list[Path] = []
    for path in _files(root):
        if path.suffix.lower() not in AUDIO:
            below.others.append(path)
            continue
        below.n_audio += 1
        match = of_path.fullmatch(path.relative_to(root.parent).with_suffix("").as_posix())
        if match is None:
            silent.append(path)
            continue
        fields = {name: value for name, value in match.groupdict().items() if value is not None}
        base = fields.pop("base")
        below.recordings.append(Recording(path, base, {"name": path.stem, **fields}))
    folders = {recording.path.parent for recording in below.recordings}
    below.strangers = [path for path in silent if path.parent in folders]
    below.recordings.sort(key=_order)
    below.others.sort(key=lambda path: (len(path.parts), path))
    return below


def _order(recording: Recording) -> tuple[int, str, tuple[str, ...], int]:
    parts = PurePosixPath(recording.path.with_suffix("").as_posix()).parts
    return recording.base.count("/"), recording.base, parts, AUDIO.index(recording.path.suffix.lower())


def named(files: Iterable[Path], name: str) -> Path | None:
    """Return the first file whose name fits a pattern, whatever its capitals."""
    return next((path for path in files if re.fullmatch(name, path.name, re.IGNORECASE)), None)


def _refuse_unreadable(error: OSError) -> None:
    msg = f"The folder {error.filename} cannot be read: {error.strerror}. Make it readable, or name another root."
    raise DatasetError(msg) from error


def _files(root: Path) -> Iterator[Path]:
    """Yield all files below a folder, in sorted order; links to folders are followed, each folder once."""
    seen: set[str] = set()
    for place, folders, files in os.walk(root, onerror=_refuse_unreadable, followlinks=True):
        if (real := os.path.realpath(place)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))
