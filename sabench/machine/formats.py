"""The number of the format that a folder is written in: what a newer version wrote is refused, and left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sabench.machine.kept import KeptFile


@dataclass(frozen=True)
class About:
    """What a folder says of itself."""

    format: Annotated[int, Field(ge=1, lt=2**31)]


_ABOUT: KeptFile[About] = KeptFile(
    About, "If no newer sabench wrote into this folder, remove the file; it is written again by the next run."
)


def newer(path: Path, known: int) -> int | None:
    """Return the number in a file where it is above the known one; None where there is none, or no file.

    Raises:
        DamagedFile: the file holds no number, so that nobody knows who may read the folder.
        UnreadableFile: it cannot be read now.
    """
    about = _ABOUT.read(path)
    return about.format if about and about.format > known else None
