"""What a process does that was forked or started for one piece of work: read it, do it, answer, end."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import random
import sys
from collections.abc import Callable
from typing import IO, Any

from sabench.errors import described
from sabench.machine import processes


def ask(function: Callable[[Any], Any], argument: Any) -> bytes:
    """Return work as it is handed over: a function and its argument, and what this process looks like to code."""
    import cloudpickle  # type: ignore[import-untyped]  # pickles what a notebook defines

    content: bytes = pickle.dumps(_surroundings()) + cloudpickle.dumps((function, argument))
    return content


def answer(question: int, reply: int) -> None:
    """Do the work that one file holds and write the value to another; both are descriptors.

    The answer is JSON, so that nothing that this process says is run where it is read: `value`, or in words what was
    `raised` or `unreadable`.
    """
    with os.fdopen(question, "rb") as stream:
        said = _answered(stream)
    with os.fdopen(reply, "wb") as stream:
        stream.write(said)


def answer_alone() -> None:
    """Do the work of standard input and answer on standard output, in a process that was started for it."""
    processes.begin(os.getppid())
    question, reply = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # standard output is for results
    answer(question, reply)


def renew_chance() -> None:
    """Seed the global generators anew: children of one process would all draw the same numbers."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _answered(stream: IO[bytes]) -> bytes:
    try:
        _settle(pickle.load(stream))
        function, argument = pickle.load(stream)
    except BaseException as error:  # noqa: BLE001  (whatever the work's own code makes of being read)
        return json.dumps({"unreadable": described(error)}).encode()
    try:
        return json.dumps({"value": function(argument)}).encode()
    except BaseException as error:  # noqa: BLE001  (it is told to whoever asked)
        return json.dumps({"raised": described(error)}).encode()


def _surroundings() -> dict[str, Any]:
    try:
        folder: str | None = os.getcwd()
    except OSError:  # it was removed
        folder = None
    return {"path": sys.path, "environment": dict(os.environ), "folder": folder}


def _settle(surroundings: dict[str, Any]) -> None:
    """Make the surroundings of this process those of the one that asked."""
    sys.path[:] = surroundings["path"]
    os.environ.clear()
    os.environ.update(surroundings["environment"])
    if surroundings["folder"] is not None:
        with contextlib.suppress(OSError):
            os.chdir(surroundings["folder"])
