"""Tells files that hold a pickle, whose loading may run code."""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path
from typing import IO

_LONGEST = 1 << 20


def holds_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or an archive or array file with one inside (as torch and numpy write them)."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(_begins_pickle(archive.open(name)) for name in archive.namelist() if not name.endswith("/"))
    with path.open("rb") as stream:
        return _begins_pickle(stream)


def _begins_pickle(stream: IO[bytes]) -> bool:
    start = stream.read(256)
    if start.startswith(b"\x93NUMPY"):  # an array of objects is a pickle behind a header
        return b"'descr': '|O'" in start
    if not start.startswith(b"\x80"):
        return False
    content = start + stream.read(_LONGEST)
    try:
        return any(
            operation.name in ("GLOBAL", "STACK_GLOBAL", "REDUCE", "STOP")
            for operation, _, _ in pickletools.genops(content)
        )
    except ValueError:  # cut short, or no pickle after all
        return content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
