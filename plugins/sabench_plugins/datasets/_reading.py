"""What the readers of corpora share: lines with numbers, audio by name, tasks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sabench import Dataset, DatasetError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Yield number (from 1) and text of every line that is not blank, whatever its line ends.

    A byte-order mark is taken off; bytes that the encoding does not know become replacement marks.
    """
    text = text_of(path, encoding)
    # Not str.splitlines, which also splits at characters that occur inside latin-1 text.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if line.strip():
            yield number, line.rstrip()


def text_of(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a file without its byte-order mark; unknown bytes become replacement marks.

    Raises:
        DatasetError: it cannot be read.
    """
    try:
        return path.read_bytes().removeprefix(_BYTE_ORDER_MARK).decode(encoding, errors="replace")
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}). Correct its permissions, or restore it."
        raise DatasetError(msg) from error


def audio_files(folder: Path) -> dict[str, Path]:
    """Return the WAV files of a folder by name without ending, in sorted order; `._` files are no audio."""
    if not folder.is_dir():
        return {}
    names = (name for name in sorted(os.listdir(folder)) if name.lower().endswith(".wav"))
    return {name[:-4]: folder / name for name in names if not name.startswith(".")}


def first(candidates: Iterable[Path]) -> Path | None:
    """Return the first candidate that is there."""
    return next((path for path in candidates if path.exists()), None)


def relative(path: Path, root: Path) -> str:
    """Return a path as faults show it: from the root on where it lies inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def refuse_unknown_task(dataset: Dataset, task: str) -> None:
    """Raise DatasetError naming the tasks there are."""
    if task not in dataset.tasks:
        msg = f"Dataset {dataset.name!r} has no task {task!r}. Its tasks: {', '.join(dataset.tasks)}."
        raise DatasetError(msg)
