"""What the command line prints: tables and JSON on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sabench.cli.tables import table as table
from sabench.cli.texts import visible as visible

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Progress


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
