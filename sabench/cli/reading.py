"""The results folder, as commands that read it open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sabench.results.folder import Results


def open_results(folder: Path | None) -> Results:
    """Return the results of a folder, `./sabench-results` by default.

    Raises:
        ResultsError: there is no such folder.
    """
    from sabench.errors import ResultsError
    from sabench.results.folder import Results

    chosen = folder or Path("sabench-results")
    if not chosen.is_dir():
        msg = f"There is no results folder {chosen}. Name one with --results, or make it with: sabench run."
        raise ResultsError(msg)
    return Results(chosen)


@contextmanager
def named_by_differences() -> Iterator[None]:
    """Show, before the error, what tells runs apart that a name may mean."""
    from sabench.cli.output import table
    from sabench.verdicts.choosing import AmbiguousRun

    try:
        yield
    except AmbiguousRun as error:
        columns, rows = error.differences
        table("What tells them apart", columns, rows)
        raise
