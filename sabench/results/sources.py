"""Where finished runs are read: a results folder, verified bundles, or several of them as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from sabench.interfaces.records import Predictions
from sabench.results.runs import CellRecord, RunRecord


class RunSource(Protocol):
    """Where finished runs are read: the results folder, or whatever else keeps runs."""

    def runs(self) -> list[RunRecord]:
        """Return all runs, oldest first."""
        ...

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of all complete folds."""
        ...

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is known of every fold."""
        ...

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return a protocol card."""
        ...


@runtime_checkable
class KnowsGender(Protocol):
    """A source that may also know the gender of speakers."""

    def gender(self, run: RunRecord) -> dict[str, str]:
        """Return the gender of each speaker of whom the corpus tells it."""
        ...


@runtime_checkable
class KnowsUnreadable(Protocol):
    """A source that may hold runs which cannot be read."""

    def unreadable(self) -> dict[str, str]:
        """Return the reason of each of them, by its name."""
        ...


class Merged:
    """Several sources as one, so that seeds of a method meet wherever they were run.

    Of runs with the same id the first complete one counts, and without any the first.
    """

    def __init__(self, sources: Iterable[RunSource]) -> None:
        self._runs: dict[str, tuple[RunRecord, RunSource]] = {}
        self._cards: dict[str, RunSource] = {}
        self._unreadable: dict[str, str] = {}
        for source in sources:
            for run in source.runs():
                kept = self._runs.get(run.run_id)
                if kept is None or (run.status == "complete" and kept[0].status != "complete"):
                    self._runs[run.run_id] = (run, source)
                self._cards.setdefault(run.protocol_hash, source)
            self._unreadable |= source.unreadable() if isinstance(source, KnowsUnreadable) else {}

    def runs(self) -> list[RunRecord]:
        """Return all runs, oldest first."""
        return sorted((run for run, _ in self._runs.values()), key=lambda run: (run.created, run.run_id))

    def unreadable(self) -> dict[str, str]:
        """Return the reason of each run that cannot be read, by its name."""
        return self._unreadable

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of all complete folds."""
        return self._runs[run.run_id][1].predictions(run, draw)

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is known of every fold."""
        return self._runs[run.run_id][1].cells(run)

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return a protocol card."""
        return self._cards[protocol_hash].card(protocol_hash)

    def gender(self, run: RunRecord) -> dict[str, str]:
        """Return the gender of each speaker where the source of the run knows it."""
        source = self._runs[run.run_id][1]
        return source.gender(run) if isinstance(source, KnowsGender) else {}
