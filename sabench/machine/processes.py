"""Worker processes that do not outlive who started them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Final

POLL_S: Final = 0.5
"""How often a worker looks whether its parent is still there."""
ONE_THREAD: Final = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def count(jobs: int | None = None) -> int:
    """Return how many workers to start: as asked for, or the cores that this process may use."""
    if jobs is not None:
        return max(1, jobs)
    import loky

    return int(loky.cpu_count())


@contextmanager
def pool(jobs: int) -> Iterator[Executor]:
    """Yield an executor over `jobs` fresh processes of one thread each; they end with the block or with us."""
    import loky

    executor = loky.ProcessPoolExecutor(jobs, initializer=begin, initargs=(os.getpid(),), env=ONE_THREAD)
    try:
        yield executor
    finally:
        # Whatever still runs here after an error or an interrupt is of no use to anyone.
        executor.shutdown(wait=True, kill_workers=True)


def begin(parent: int) -> None:
    """Make this process a worker of its parent: it ends with it and leaves interrupts to it."""
    # Ctrl-C reaches every process of a terminal; the parent answers for all, without a traceback from each.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


def end_with(parent: int) -> None:
    """End this process as soon as its parent is gone, whichever way that one died.

    A worker waits on a queue whose writing end its siblings hold open too, so that it would not notice.
    """
    if os.name == "posix":
        threading.Thread(target=_watch, args=(parent,), name="end-with-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os._exit(1)
