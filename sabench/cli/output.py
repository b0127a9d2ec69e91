"""What the command line prints: tables and JSON on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console

    from sabench.interfaces.plugins import Progress

_PIPE_WIDTH: Final = 160
"""Columns where nobody looks: what reads a pipe should not find words cut at 80."""

_CONTROLS: Final = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def visible(text: str) -> str:
    r"""Return text without characters that command a terminal: names may come from anybody's files.

    >>> visible("one\x1b[31m\ntwo")
    'one[31m\ntwo'
    """
    return text.translate(_CONTROLS)


def message(text: str) -> None:
    """Say something to the user on standard error."""
    print(visible(text), file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Print a sentence on standard output."""
    print(visible(text), flush=True)


def print_json(value: Any) -> None:
    """Print one JSON object on standard output; not-a-number becomes null.

    >>> print_json({"uar": 0.5, "missing": float("nan")})
    {"uar": 0.5, "missing": null}
    """
    from sabench.hashing import finite

    print(json.dumps(finite(value), ensure_ascii=False, allow_nan=False), flush=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table on standard output; columns that hold only numbers are set to the right."""
    from rich.table import Table
    from rich.text import Text

    cells = [[_shown(value) for value in row] for row in rows]
    values = Table(title=Text(visible(title)) if title else None, title_justify="left", show_header=any(columns))
    for position, name in enumerate(columns):
        numbers = cells and all(_is_number(row[position]) for row in cells)
        values.add_column(Text(visible(name)), justify="right" if numbers else "left", overflow="fold")
    for row in cells:
        values.add_row(*(Text(cell) for cell in row))  # as Text, names are not read as markup
    _console().print(values)


@contextmanager
def progress(description: str) -> Iterator[Progress]:
    """Yield a callback that shows progress on standard error: a bar in a terminal, two lines elsewhere.

    Nothing is shown where the callback is never called.
    """
    shown = _Bar(description) if sys.stderr.isatty() else _Lines(description)
    try:
        yield shown
    finally:
        shown.close()


class _Lines:
    """A line when work starts and one when it ends."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._started: float | None = None
        self._done = self._total = 0

    def __call__(self, done: int, total: int) -> None:
        if self._started is None:
            self._started = time.monotonic()
            message(f"{self._description} ({total}) ...")
        self._done, self._total = done, total

    def close(self) -> None:
        if self._started is not None:
            seconds = time.monotonic() - self._started
            message(f"{self._description}: {self._done} of {self._total} in {seconds:.1f} s")


class _Bar:
    """A bar with the time left, started with the first sign of work."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = _rich_bar()
            self._bar.start()
            self._task = self._bar.add_task(visible(self._description))
        self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.description}", markup=False)
    return Progress(text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True))


def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else visible(str(value))


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "", 1).lstrip("-+").rstrip(" %s").isdigit()
