"""Cells through an executor: follows their folders, and gives a cell whose worker died one try alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from pathlib import Path
from typing import Any

from sabench.cells.cell import Cell
from sabench.cells.fitting import candidates
from sabench.cells.folder import CellFolder
from sabench.cells.work import work
from sabench.errors import ResultsError, described
from sabench.machine.isolation import Died, Raised, Unreadable
from sabench.running.executors import CellExecutor

POLL_S = 0.25
_LOST = "was lost with its Dask worker"
_GONE = (
    "The scheduler that ran the folds is gone. Finished folds are kept: start it again, and repeat the command "
    "to go on."
)
_ELSEWHERE = (
    "The worker says {status}, and {folder} does not: it does not see this folder. Name one that every worker sees."
)
log = logging.getLogger(__name__)


class Execution:
    """Runs cells until each is complete or failed.

    Args:
        executor: where they run.
        on_end: called with (cell, status, reason) once a cell is at its end.
        on_line: called with (cell, line) for every new line of a cell's history.
        on_poll: called about four times a second.
        fail_fast: whether the first cell that fails ends all work.
    """

    def __init__(
        self,
        executor: CellExecutor,
        on_end: Callable[[Cell, str, str], None],
        on_line: Callable[[Cell, Mapping[str, Any]], None],
        on_poll: Callable[[], None],
        *,
        fail_fast: bool = False,
    ) -> None:
        self._executor = executor
        self._on_end, self._on_line, self._on_poll = on_end, on_line, on_poll
        self._tails: dict[str, Tail] = {}
        self._deaths: dict[str, str] = {}
        self._fail_fast, self._failed = fail_fast, False

    def run(self, cells: Iterable[Cell]) -> None:
        """Run all cells; those whose process died come last and alone."""
        for cell in self._round(cells):
            how = self._deaths[cell.key]
            log.warning("The process of %s %s in fold %s; it is tried once more, alone.", cell.run_id, how, cell.fold)
            if self._round([cell]):
                again = "again" if self._deaths[cell.key] == how else f"the second time {self._deaths[cell.key]},"
                CellFolder(cell.folder).fail(
                    f"Its process {how} in fold {cell.fold}, and {again} when it was tried once more, alone."
                )
                self._end(cell, "failed")

    def _round(self, cells: Iterable[Cell]) -> list[Cell]:
        """Submit cells, a few more than there is room for, and wait; returns those whose process died."""
        waiting = iter(cells)
        running: dict[Future[str], Cell] = {}
        lost: list[Cell] = []
        while True:
            if self._failed and self._fail_fast:
                return lost
            for cell in islice(waiting, self._executor.ahead - len(running)):
                running[self._executor.submit(work, cell)] = cell
            if not running:
                return lost
            done, _ = wait(running, timeout=POLL_S, return_when=FIRST_COMPLETED)
            self._follow(islice(running.values(), self._executor.slots))  # the first are at work, the others wait
            for future in done:
                cell = running.pop(future)
                if not self._settled(future, cell):
                    lost.append(cell)
            self._on_poll()

    def _settled(self, future: Future[str], cell: Cell) -> bool:
        if future.cancelled():  # nobody here cancels
            raise ResultsError(_GONE)
        error = future.exception()
        if error is None:
            self._end(cell, _seen(cell, future.result()))
            return True
        if isinstance(error, Died) or type(error).__name__ == "KilledWorker":
            self._deaths[cell.key] = str(error) if isinstance(error, Died) else _LOST
            return False
        CellFolder(cell.folder).fail(_fault(error))
        self._end(cell, "failed")
        return True

    def _end(self, cell: Cell, status: str) -> None:
        self._failed |= status == "failed"
        self._follow([cell])
        self._on_end(cell, status, CellFolder(cell.folder).error() if status == "failed" else "")

    def _follow(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            folder = CellFolder(cell.folder)
            for number, candidate in enumerate(candidates(folder) if cell.search else (), start=1):
                self._read(cell, candidate, {"candidate": number})
            self._read(cell, folder, {})

    def _read(self, cell: Cell, folder: CellFolder, about: Mapping[str, Any]) -> None:
        for line in self._tails.setdefault(str(folder.path), Tail(folder.history_file)).read():
            self._on_line(cell, {**line, **about})


def _seen(cell: Cell, status: str) -> str:
    """Return what a worker says of a cell where the folder bears it out, and otherwise `failed`."""
    folder = CellFolder(cell.folder)
    complete = folder.fitted() and all(folder.has(evaluation.key) for evaluation in cell.evaluations)
    if not (complete if status == "complete" else folder.error()):
        folder.fail(_ELSEWHERE.format(status=status, folder=cell.folder))
        return "failed"
    return status


def _fault(error: BaseException) -> str:
    if isinstance(error, Unreadable):
        return f"A worker could not read it: {error}"
    return str(error) if isinstance(error, Raised) else f"It could not be handed to a worker: {described(error)}"


class Tail:
    """Reads what was added to a file of JSON lines since the last look."""

    def __init__(self, path: Path) -> None:
        self._path, self._position = path, 0

    def read(self) -> list[dict[str, Any]]:
        """Return the new complete lines."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._position)
                content = stream.read()
        except OSError:
            return []
        complete = content[: content.rfind(b"\n") + 1]
        self._position += len(complete)
        return [entry for line in complete.splitlines() if isinstance(entry := _parsed(line), dict)]


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None  # the stump of a line that a kill cut short
