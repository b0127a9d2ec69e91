"""A warm process as whoever asks it for children sees it: started, prepared, asked, ended."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Final

from sabench.machine import warm

Step = tuple[str, ...]
"""What a warm process does before any work: a function as `module:name`, and its arguments."""

QUIET: Final = {"OPENBLAS_NUM_THREADS": "1"}
"""The environment in which a warm process loads libraries. With more threads OpenBLAS starts them anew after each fork,
and they spin for some 50 ms; work still sets its own number."""
_END_S: Final = 2.0
"""How long a warm process is given to end its children before it is killed itself."""
_LOOK_S: Final = 0.01
_START: Final = "import sys; sys.path[:] = {path!r}; from sabench.machine import {module}; {module}.{call}"


def command(module: str, call: str) -> list[str]:
    """Return the command that calls a function of a module of this package, under the paths of this process."""
    return [sys.executable, "-c", _START.format(path=sys.path, module=module, call=call)]


class Forks:
    """A warm process.

    Args:
        connection: to it.
        process: it, where it was started from here.
    """

    def __init__(self, connection: socket.socket, process: subprocess.Popen[bytes] | Forked | None = None) -> None:
        self._connection, self._process = connection, process
        self._started_ns = time.time_ns()
        self._taken: set[Step] = set()
        self.at_work = 0

    @classmethod
    def started(cls) -> Forks:
        """Start a warm process; it ends with this one."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                command("warm", f"serve({theirs.fileno()})"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **QUIET},
            )
        return cls(ours, process)

    @classmethod
    def forked(cls) -> Forks:
        """Fork a warm process from this one; it ends with this one."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = os.fork()
        if process == 0:
            try:
                ours.close()
                with open(os.devnull, "r+b") as nothing:
                    os.dup2(nothing.fileno(), 0)
                    os.dup2(nothing.fileno(), 1)
                warm.serve(theirs.detach())
            finally:
                os._exit(0)
        theirs.close()
        return cls(ours, Forked(process))

    @property
    def alive(self) -> bool:
        """Whether the warm process is there."""
        return self._process is None or self._process.poll() is None

    @property
    def stale(self) -> bool:
        """Whether a module that is imported here was changed on disk since the warm process began."""
        return not self.at_work and _changed_since(self._started_ns)

    def prepare(self, steps: Iterable[Step]) -> None:
        """Have steps taken, those that were not before; returns at once."""
        new = [step for step in steps if step not in self._taken]
        if not new:
            return
        self._taken.update(new)
        with tempfile.TemporaryFile() as wanted:
            wanted.write(json.dumps({"path": sys.path, "steps": new}).encode())
            wanted.flush()
            with contextlib.suppress(OSError):  # it is gone; whoever asks for work is told
                socket.send_fds(self._connection, [warm.PREPARE], [wanted.fileno()])

    def run(self, question: IO[bytes], answer: IO[bytes]) -> int | None:
        """Return the exit status of a child that did the work; None where the warm process itself is gone."""
        ended, theirs = os.pipe()
        with os.fdopen(ended, "rb", buffering=0) as status:
            try:
                with os.fdopen(theirs, "wb"), _noise() as noise:
                    files = [theirs, question.fileno(), answer.fileno(), noise]
                    socket.send_fds(self._connection, [warm.WORK], files)
                said = status.read(warm.STATUS.size)
            except OSError:
                return None
        return int(warm.STATUS.unpack(said)[0]) if said else None

    def close(self) -> None:
        """End the warm process and its children."""
        self._connection.close()
        if self._process is None:
            return
        if self.at_work:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
        self._process.kill()
        self._process.wait()


class Forked:
    """A process that was forked from this one, with what is used here of `subprocess.Popen`."""

    def __init__(self, process: int) -> None:
        self._process = process

    def poll(self) -> int | None:
        """Return 0 once it has ended, and None before."""
        if self._process and os.waitpid(self._process, os.WNOHANG) != (0, 0):
            self._process = 0
        return None if self._process else 0

    def wait(self, timeout: float = math.inf) -> int:
        """Wait until it has ended.

        Raises:
            TimeoutExpired: it has not within so many seconds.
        """
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("warm process", timeout)
            time.sleep(_LOOK_S)
        return 0

    def kill(self) -> None:
        """End it."""
        if self.poll() is None:
            os.kill(self._process, signal.SIGKILL)


@contextmanager
def _noise() -> Iterator[int]:
    """Yield the descriptor of standard error, or of nothing where that is closed."""
    try:
        os.fstat(2)
    except OSError:
        with open(os.devnull, "wb") as nothing:
            yield nothing.fileno()
    else:
        yield 2


def _changed_since(time_ns: int) -> bool:
    """Whether the file of any module that is imported here is younger."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__dict__", {}).get("__file__")
        with contextlib.suppress(OSError, ValueError):
            if isinstance(file, str) and os.stat(file).st_mtime_ns > time_ns:
                return True
    return False
