"""Where cells run: each in a local process of its own, or on a Dask cluster, behind one face."""

from __future__ import annotations

import contextlib
import logging
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from sabench.cells.cell import Cell
from sabench.cells.rehearsal import steps_for
from sabench.errors import PlanError
from sabench.machine import isolation
from sabench.machine.environment import cores
from sabench.running.batch import BatchJobs

Work = Callable[[Cell], str]
_AHEAD = 3
_PATIENCE_S = 300.0
"""After so long, and again, it is said that no job of a cluster has begun."""
log = logging.getLogger(__name__)


def slots_for(n_cells: int, threads: int, device: str, jobs: int | None) -> int:
    """Return how many cells run at once on this machine.

    Args:
        n_cells: how many there are.
        threads: that each of them uses.
        device: `cpu` or another; an accelerator takes one at a time unless `jobs` says otherwise.
        jobs: what was asked for, or None.

    >>> slots_for(3, 1, "cuda", None), slots_for(3, 1, "cuda", 8), slots_for(3, 10_000, "cpu", None)
    (1, 3, 1)
    """
    at_most = jobs or (cores() // threads if device == "cpu" else 1)
    return max(1, min(n_cells, at_most))


class CellExecutor(Protocol):
    """What the runner needs of a place where cells run.

    Attributes:
        slots: how many cells are at work at a time.
        ahead: how many are handed over at a time: a cell is large, and a slot must not wait.
    """

    slots: int
    ahead: int

    def submit(self, work: Work, cell: Cell) -> Future[str]:
        """Start a cell; the future raises `isolation.Died` where its process did."""
        ...

    def close(self) -> None:
        """End all work."""
        ...


class Isolated:
    """Runs `slots` cells at a time, each in a process that has seen no other cell."""

    def __init__(self, slots: int) -> None:
        self.slots, self.ahead = slots, _AHEAD * slots
        self._queue: SimpleQueue[tuple[Future[str], Work, Cell] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._at_work: set[Future[str]] = set()

    def submit(self, work: Work, cell: Cell) -> Future[str]:
        """Queue a cell."""
        future: Future[str] = Future()
        self._queue.put((future, work, cell))
        if len(self._threads) < self.slots:
            # Daemons, which those of `concurrent.futures` are not: an interrupt must not wait until a fold is trained.
            self._threads.append(threading.Thread(target=self._run, name="sabench-cells", daemon=True))
            self._threads[-1].start()
        return future

    def close(self) -> None:
        """End the processes at work, and drop what has not begun."""
        with contextlib.suppress(Empty):
            while True:
                self._queue.get_nowait()
        for _ in self._threads:
            self._queue.put(None)
        if self._at_work:
            isolation.end_work()

    def _run(self) -> None:
        while (task := self._queue.get()) is not None:
            future, work, cell = task
            self._at_work.add(future)
            try:
                status = work_apart(work, cell)
            except Exception as error:  # noqa: BLE001  (it is raised again by whoever asks the future)
                self._at_work.discard(future)
                future.set_exception(error)
            else:
                self._at_work.discard(future)
                future.set_result(status)


class Here:
    """Works on one cell after the other in this very process, where a debugger reaches it.

    A cell then is in a process that has seen other cells: nothing that comes out counts.
    """

    slots = ahead = 1

    def submit(self, work: Work, cell: Cell) -> Future[str]:
        """Work on a cell; what it raises goes on to the caller, such as leaving a debugger."""
        future: Future[str] = Future()
        future.set_result(work(cell))
        return future

    def close(self) -> None:
        """Do nothing: all work has ended."""


def work_apart(work: Work, cell: Cell) -> str:
    """Work on a cell in a process of its own and return what it says."""
    fork = cell.device != "mps"  # Metal does not survive one
    return str(isolation.apart(work, cell, beforehand=steps_for(cell.adapter, cell.normaliser), fork=fork))


class Dask:
    """Runs cells on a Dask cluster whose workers see the same results folder and feature store."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            msg = "--dask needs the package distributed. Install it with: pip install 'sabench[dask]'"
            raise PlanError(msg) from error
        try:
            self._client = Client(address, timeout="10s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            msg = f"No Dask scheduler answers at {address!r} ({error}). Start one with: dask scheduler"
            raise PlanError(msg) from error
        _silence()
        self.slots = max(1, sum(self._client.nthreads().values()))
        self.ahead = _AHEAD * self.slots
        self._executor = self._client.get_executor(pure=False)

    def submit(self, work: Work, cell: Cell) -> Future[str]:
        """Send a cell to the cluster, where it gets a process of its own."""
        return _sent(self._executor, work, cell)

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()


class Batch:
    """Runs cells in jobs of a cluster's own scheduler, which see the same results folder and feature store."""

    def __init__(self, scheduler: str, jobs: BatchJobs, n_cells: int, threads: int, logs: Path) -> None:
        from sabench.running import batch

        self._cluster = batch.BatchCluster(scheduler, jobs, n_cells, threads, logs)
        _silence()
        self._client = self._cluster.client()
        self.slots = min(jobs.workers, n_cells)
        self.ahead = _AHEAD * self.slots
        self._executor = self._client.get_executor(pure=False)
        self._waited_for = f"{scheduler} has begun no job yet; is its queue long? What jobs print is in {logs}."
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="sabench-jobs", daemon=True)
        self._watcher.start()

    def submit(self, work: Work, cell: Cell) -> Future[str]:
        """Queue a cell for the next job that is free; where a job ends early, another one goes on with its cell."""
        return _sent(self._executor, work, cell)

    def _watch(self) -> None:
        """Say so where no job begins: nobody here sees the queue."""
        while not self._closing.wait(_PATIENCE_S) and not self._client.scheduler_info()["workers"]:
            log.warning("%s", self._waited_for)

    def close(self) -> None:
        """Cancel the jobs."""
        self._closing.set()
        self._watcher.join()
        self._client.close()
        self._cluster.close()


def _sent(executor: Any, work: Work, cell: Cell) -> Future[str]:
    """Send a cell as bytes: what a worker cannot read is then a fault of the cell, and not the end of the worker."""
    import cloudpickle  # type: ignore[import-untyped]

    future: Future[str] = executor.submit(_received, cloudpickle.dumps((work, cell)))
    return future


def _received(content: bytes) -> str:
    work, cell = pickle.loads(content)  # of the process that runs the plan
    return work_apart(work, cell)


def _silence() -> None:
    for name in ("distributed", "distributed.client", "asyncio"):  # they log tracebacks of a scheduler that has gone
        logging.getLogger(name).setLevel(logging.CRITICAL)
