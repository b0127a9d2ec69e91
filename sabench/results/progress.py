"""How far runs are, told from the results folder alone: another process may be working on them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sabench.errors import ResultsError
from sabench.results.folder import Results
from sabench.results.runs import CellRecord, RunRecord


@dataclass(frozen=True)
class FoldAtWork:
    """A fold that a process has begun.

    Attributes:
        fold: its name.
        elapsed_s: seconds since it began.
        epoch: the last epoch that it told of; 0 without.
        n_epochs: how many it will have; 0 where it does not tell.
        alive: whether the process is there on this machine; a fold that was killed, or is on another machine, is not.
    """

    fold: str
    elapsed_s: float
    epoch: int
    n_epochs: int
    alive: bool


@dataclass(frozen=True)
class Progress:
    """One run.

    Attributes:
        run: its record.
        n_done, n_failed, n_waiting: folds that are complete, that failed, and that nobody has begun.
        at_work: folds that were begun.
        left_s: seconds that the rest is expected to take, from the folds that are done and from epochs; None where
            nothing tells, or nobody works on it.
    """

    run: RunRecord
    n_done: int
    n_failed: int
    n_waiting: int
    at_work: tuple[FoldAtWork, ...]
    left_s: float | None

    @property
    def state(self) -> str:
        """`complete`, `running`, `failed` (some folds, and nobody works on the rest) or `idle` (nobody works on it)."""
        if self.n_done == len(self.run.folds):
            return "complete"
        if any(fold.alive for fold in self.at_work):
            return "running"
        return "failed" if self.n_failed else "idle"

    def json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        folds = [vars(fold) for fold in self.at_work]
        return {
            "run_id": self.run.run_id,
            "state": self.state,
            "folds": len(self.run.folds),
            "done": self.n_done,
            "failed": self.n_failed,
            "waiting": self.n_waiting,
            "at_work": folds,
            "left_s": self.left_s,
        }


def progress(results: Results) -> list[Progress]:
    """Return how far every run of a folder is, oldest first; runs that cannot be read are passed over."""
    now = time.time()
    return [_progress(results, run, now) for run in results.runs()]


def _progress(results: Results, run: RunRecord, now: float) -> Progress:
    cells = results.cells(run)
    done = [cell for cell in cells if cell.status == "complete"]
    open_cells = [cell for cell in cells if cell.status not in ("complete", "failed")]
    at_work = tuple(fold for cell in open_cells if (fold := _at_work(results, run, cell, now)) is not None)
    n_waiting = len(open_cells) - len(at_work)
    failed = sum(cell.status == "failed" for cell in cells)
    return Progress(run, len(done), failed, n_waiting, at_work, _left_s(done, at_work, n_waiting))


def _at_work(results: Results, run: RunRecord, cell: CellRecord, now: float) -> FoldAtWork | None:
    folder = results.cell(run.folds[cell.fold])
    try:
        attempt = folder.attempt()
        history = folder.history()
    except ResultsError:
        return None
    if attempt is None:
        return None
    last = history[-1] if history else {}
    epoch, n_epochs = int(last.get("epoch", 0)), int(last.get("epochs", 0))
    return FoldAtWork(cell.fold, now - attempt.started, epoch, n_epochs, _is_alive(attempt.pid))


def _left_s(done: Sequence[CellRecord], at_work: Sequence[FoldAtWork], n_waiting: int) -> float | None:
    """Return the seconds that are left by the clock; folds are taken to cost alike."""
    alive = [fold for fold in at_work if fold.alive]
    estimated_s = [fold.elapsed_s * fold.n_epochs / fold.epoch for fold in alive if fold.epoch and fold.n_epochs]
    costs = [cell.seconds for cell in done] or estimated_s
    if not alive or not costs:
        return None
    cost = sum(costs) / len(costs)
    return (n_waiting * cost + sum(max(cost - fold.elapsed_s, 0.0) for fold in alive)) / len(alive)


def _is_alive(pid: int) -> bool:
    """Whether a process of this number is at work here, told without touching it."""
    if not Path("/proc").is_dir():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")
