"""Where cells run: in this process, in local processes, or on a Dask cluster, behind one face."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol

from sabench.errors import PlanError
from sabench.machine import processes
from sabench.machine.environment import cores

_IDLE = "no cell"
_IDLE_S = 0.2
"""A thread without work ends within that time."""


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
    """What the runner needs of a place where cells run."""

    slots: int

    def submit(self, work: Callable[[Any], str], cell: Any) -> Future[str]:
        """Start a cell; the future raises where its worker died."""
        ...

    def renew(self) -> None:
        """Replace dead workers."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...


class Inline:
    """Runs one cell at a time in a thread of this process: no start-up cost, for cheap cells.

    The thread is a daemon, which those of `concurrent.futures` are not: an interrupt must not wait
    for hours until a fold is trained.
    """

    slots = 1

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=_IDLE, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Any], str], cell: Any) -> Future[str]:
        """Queue a cell."""
        future: Future[str] = Future()
        self._queue.put(lambda: _settle(future, work, cell))
        return future

    def renew(self) -> None:
        """Do nothing: a thread that dies takes the process along."""

    def close(self) -> None:
        """Drop what has not begun; a cell at work is left behind."""
        self._closed = True
        self._queue.put(None)
        self._thread.join(_IDLE_S)

    def _run(self) -> None:
        thread = threading.current_thread()
        while (task := self._queue.get()) is not None and not self._closed:
            thread.name = processes.CELL_THREAD
            task()
            thread.name = _IDLE


def _settle(future: Future[str], work: Callable[[Any], str], cell: Any) -> None:
    try:
        future.set_result(work(cell))
    except BaseException as error:  # noqa: BLE001  (it is raised again by whoever asks the future)
        future.set_exception(error)


class Processes:
    """Runs cells in `slots` local processes, which end when this one does."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._executor: Any = None

    def submit(self, work: Callable[[Any], str], cell: Any) -> Future[str]:
        """Hand a cell to the next free process."""
        if self._executor is None:
            import loky

            self._executor = loky.ProcessPoolExecutor(
                self.slots, initializer=processes.begin, initargs=(os.getpid(),), timeout=60
            )
        future: Future[str] = self._executor.submit(work, cell)
        return future

    def renew(self) -> None:
        """Kill what is left of the processes; the next cell starts new ones."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None

    def close(self) -> None:
        """End all processes at once; what they were doing goes on from its last epoch another time."""
        self.renew()


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
        self.slots = max(1, sum(self._client.nthreads().values()))
        self._executor = self._client.get_executor(pure=False, retries=1)

    def submit(self, work: Callable[[Any], str], cell: Any) -> Future[str]:
        """Send a cell to the cluster."""
        future: Future[str] = self._executor.submit(work, cell)
        return future

    def renew(self) -> None:
        """Do nothing: the scheduler replaces workers."""

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()
