"""The process behind `Follower`: reads what it is told on standard input, says what it did on standard output."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any

from sabench.errors import ResultsError, TrackingError
from sabench.tracking import library
from sabench.tracking.tracker import Tracker

Say = Callable[[dict[str, Any]], None]

_PAUSE_S = 0.5
"""Rest between two rounds, so that fast epochs do not keep a core busy with telling of them."""

_PAUSE_AWAY_S = 20.0
"""Rest before a store that is away is tried again."""


_SLOW = (
    "mlflow.tracking",
    "mlflow.store.tracking.sqlalchemy_store",
    "pandas",
    "pyarrow.parquet",
    "matplotlib.backends.backend_agg",
)


class Orders:
    """What there is to do: each run once, the latest word counting."""

    def __init__(self, stream: IO[str]) -> None:
        self.closing = False
        self._todo: dict[str, str] = {}
        self._open: dict[str, None] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, args=(stream,), daemon=True).start()

    def take(self) -> dict[str, str]:
        """Wait for orders and return them by run, oldest first; nothing once all is done.

        They are `update` or `finish`, or under no run's name `prepare`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._todo or self.closing)
            todo, self._todo = self._todo, {}
            return todo

    def put_back(self, todo: dict[str, str]) -> None:
        """Keep orders that could not be carried out; what was told since then counts more."""
        with self._changed:
            self._todo = todo | self._todo

    def rest(self, pause_s: float) -> None:
        """Wait a little, unless the end is near."""
        with self._changed:
            self._changed.wait_for(lambda: self.closing, timeout=pause_s)

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self._note(json.loads(line))
        if not self.closing:
            os._exit(0)  # the run was killed; whoever continues it continues its MLflow runs

    def _note(self, order: dict[str, Any]) -> None:
        with self._changed:
            if "close" in order:
                self.closing = True
                self._todo |= dict.fromkeys(self._open, "finish")  # nobody is left to work on them
            if "prepare" in order:
                self._todo[""] = "prepare"
            if "update" in order:
                self._todo[order["update"]] = "update"
                self._open[order["update"]] = None
            if "finish" in order:
                self._todo[order["finish"]] = "finish"
                self._open.pop(order["finish"], None)
            self._changed.notify_all()


def main() -> None:
    """Serve until told to close or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where a new session does not keep Ctrl-C away (Windows)
    say = _speaker()
    orders = Orders(sys.stdin)
    from sabench.results.folder import Results

    _serve(Tracker(Results(Path(sys.argv[1]))), orders, say)


def _serve(tracker: Tracker, orders: Orders, say: Say) -> None:
    _warm_up()
    while todo := orders.take():
        left = _round(tracker, todo, say)
        if left and orders.closing:
            return  # the store is away, and has just been asked
        orders.put_back(left)
        orders.rest(_PAUSE_AWAY_S if left else _PAUSE_S)


def _round(tracker: Tracker, todo: dict[str, str], say: Say) -> dict[str, str]:
    """Carry out orders, oldest first; return those left where the store is away."""
    for run_id, verb in list(todo.items()):
        if not _reached(partial(_follow, tracker, run_id, verb, say), say):
            break
        del todo[run_id]
    return todo


def _follow(tracker: Tracker, run_id: str, verb: str, say: Say) -> None:
    try:
        if verb == "prepare":
            tracker.prepare()
        else:
            say(asdict(tracker.finish(run_id) if verb == "finish" else tracker.update(run_id)))
    except ResultsError as error:
        say({"error": str(error)})  # of this run alone


def _reached(work: Callable[[], None], say: Say) -> bool:
    try:
        work()
    except TrackingError as error:
        say({"error": str(error)})
        return False
    return True


def _speaker() -> Say:
    """Return what writes to the real standard output, and leave to libraries only the error stream."""
    voice = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        voice.write(json.dumps(message) + "\n")
        voice.flush()

    return say


def _warm_up() -> None:
    """Import what is slow to import while there is nothing else to do; whoever needs it imports it properly."""
    library.settle()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries with each other, which no user can mend
        for name in _SLOW:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


if __name__ == "__main__":
    main()
