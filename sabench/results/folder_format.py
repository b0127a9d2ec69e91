"""The format of a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sabench.errors import ResultsError
from sabench.machine import formats

FORMAT: Final = 1
"""Raised when an older version would misread what is written."""
FILE: Final = "sabench.json"


def refuse_newer(folder: Path) -> None:
    """Raise where a newer version wrote a results folder, before anything in it is read or written.

    Raises:
        ResultsError: naming both numbers.
    """
    number = formats.newer(folder / FILE, FORMAT)
    if number is not None:
        msg = (
            f"{folder} is a results folder of format {number}; this sabench reads and writes format {FORMAT}. "
            "Nothing was changed. Use the newer sabench that made it, or name another folder with --results."
        )
        raise ResultsError(msg)
