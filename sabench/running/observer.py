"""What the runner tells whoever watches. Every method does nothing here; watchers override what they show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sabench.interfaces.plugins import Progress
from sabench.results.runs import RunRecord
from sabench.results.summary import Summary

if TYPE_CHECKING:
    from sabench.running.costs import Estimate


class Observer:
    """Told of stages, epochs, cells and runs while they happen."""

    @contextmanager
    def stage(self, description: str) -> Iterator[Progress | None]:
        """Surround a stage of long work before the cells, such as decoding or extracting."""
        yield None

    def note(self, text: str) -> None:
        """Take a note for the user."""

    def warn(self, text: str) -> None:
        """Take a warning: something went wrong and the run goes on."""

    def expected(self, estimates: list[Estimate]) -> None:
        """Take the estimated cost of what is left, once, before features are extracted."""

    def planned(self, runs: list[RunRecord], n_cells: int, n_done: int) -> None:
        """Take how much there is to do, once, before the first cell."""

    def epoch(self, run: RunRecord, fold: str, line: Mapping[str, Any]) -> None:
        """Take one line of a fold's history."""

    def cell(self, run: RunRecord, fold: str, status: str, reason: str) -> None:
        """Called when a fold is `complete` or `failed`."""

    def ended(self) -> None:
        """Called when no fold is worked on any more, whatever the reason."""

    def finished(self, summary: Summary) -> None:
        """Take the outcome of one run."""

    def all_finished(self, summaries: list[Summary]) -> None:
        """Take the outcome of all runs, once; what is left to do is to write to MLflow."""
