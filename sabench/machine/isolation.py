"""Work in a process that has seen no other work: forked from a warm one, or started where a fork is not to be had."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import IO, Any, Final

from sabench.machine import answering, warm
from sabench.machine.forks import QUIET, Forks, Step, command

_FORKS: Final = sys.platform == "linux"
"""Elsewhere a fork is missing, or unsafe once a system library has been used, as under macOS."""


class Died(Exception):
    """A process that ended before it answered; the text goes on after "its process"."""


class Unreadable(Exception):
    """Work that the other process could not read, with the error there."""


class Raised(Exception):
    """Work that raised an error in the other process, with that error."""


def apart(function: Callable[[Any], Any], argument: Any, *, beforehand: Iterable[Step] = (), fork: bool = True) -> Any:
    """Return `function(argument)`, computed in a process that has seen no other work.

    Both are pickled; the value goes through JSON. What is printed there goes to standard error.

    Args:
        function: the work.
        argument: what it is called with.
        beforehand: what a warm process does once for all work: imports, for example.
        fork: whether a fork would do; a process is started where it would not.

    Raises:
        Died: the process ended without an answer.
        Unreadable: the work could not be read there.
        Raised: the work raised an error.
        Exception: the work cannot be pickled.
    """
    with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as reply:
        question.write(answering.ask(function, argument))
        question.seek(0)
        status = _PLACE.run(question, reply, beforehand, fork=fork)
        reply.seek(0)
        content = reply.read()
    if not content:
        raise Died("ended with the one that had forked it" if status is None else ending(status))
    said = json.loads(content)
    for kind, error in (("unreadable", Unreadable), ("raised", Raised)):
        if kind in said:
            raise error(said[kind])
    return said["value"]


def prepare(steps: Iterable[Step]) -> None:
    """Start a warm process and have it take steps, such as imports, that work finds taken; returns at once."""
    if _FORKS:
        _PLACE.prepare(steps)


def begin_here(*modules: str) -> None:
    """Import modules and fork the warm process from this one, which saves it their import.

    Only for a process that has read nothing of a corpus yet, and has not imported numpy.
    """
    if not _FORKS or threading.active_count() > 1 or "numpy" in sys.modules:
        return
    before = dict(os.environ)
    os.environ.update(QUIET)
    try:
        for name in modules:
            importlib.import_module(name)
        _PLACE.forks = Forks.forked()
    finally:
        os.environ.clear()
        os.environ.update(before)


def end_work() -> None:
    """End all work of this process, at once."""
    _PLACE.end_work()


def adopt(connection: socket.socket) -> None:
    """Ask a warm process through this connection from now on; for a process that it has forked itself."""
    _PLACE.forks = Forks(connection)


def ending(status: int) -> str:
    """Return in words how a process ended that should not have.

    >>> ending(-11), ending(3)
    ('was killed by signal 11 (SIGSEGV)', 'ended by itself with exit status 3')
    """
    if status >= 0:
        return f"ended by itself with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"was killed by signal {-status}"
    hint = "; systems do that where memory runs out" if name == "SIGKILL" else ""
    return f"was killed by signal {-status} ({name}{hint})"


class _Place:
    """Where this process has work done: the warm process, started when it is first needed, or one for each work."""

    def __init__(self) -> None:
        self.forks: Forks | None = None
        self._fresh: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def prepare(self, steps: Iterable[Step]) -> None:
        with self._lock:
            if self.forks is not None and self.forks.stale:
                self._close()
            self._warm().prepare(steps)

    def run(self, question: IO[bytes], reply: IO[bytes], steps: Iterable[Step], *, fork: bool) -> int | None:
        """Return the exit status of the process that did the work; None where it was lost with the warm one."""
        if not (fork and _FORKS):
            return self._run_fresh(question, reply)
        with self._lock:
            forks = self._warm()
            forks.prepare(steps)
            forks.at_work += 1
        try:
            status = forks.run(question, reply)
        finally:
            with self._lock:
                forks.at_work -= 1
        return self._run_fresh(question, reply) if status == warm.REFUSED else status

    def end_work(self) -> None:
        with self._lock:
            if self.forks is not None and self.forks.at_work:
                self._close()
            for process in self._fresh:
                process.kill()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _warm(self) -> Forks:
        if self.forks is None or not self.forks.alive:
            self.forks = Forks.started()
        return self.forks

    def _close(self) -> None:
        if self.forks is not None:
            self.forks.close()
            self.forks = None

    def _run_fresh(self, question: IO[bytes], reply: IO[bytes]) -> int:
        with subprocess.Popen(command("answering", "answer_alone()"), stdin=question, stdout=reply) as process:
            with self._lock:
                self._fresh.add(process)
            try:
                return process.wait()
            finally:
                with self._lock:
                    self._fresh.discard(process)


_PLACE: Final = _Place()
atexit.register(_PLACE.close)
