"""A warm process: it has imported what work needs, has never seen any work, and forks a child for each piece of it.

A piece of work is a file that only the child reads, so that nothing of one piece is in the memory of another. A child
may ask for children of its own, which are forked from the same warm process. Python's `forkserver` would do much of
this; it also runs the caller's script again, and its children read their work through their server.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import warnings
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from sabench.machine import processes

PREPARE: Final = b"p"
WORK: Final = b"w"
STATUS: Final = struct.Struct("i")
"""How a child ended, as `subprocess` counts: below zero for a signal."""
REFUSED: Final = 2**31 - 1
"""The status of work that this process cannot fork for."""
MOST_FILES: Final = 4


@dataclass
class _Asker:
    """Who may ask for children: the process that started this one, or a child of this one.

    Attributes:
        connection: to it.
        children: process ids of what it asked for and still waits for.
    """

    connection: socket.socket
    children: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Child:
    """A forked process.

    Attributes:
        asker: who waits for it.
        ended: where its status is written.
        own: as an asker itself.
    """

    asker: _Asker
    ended: int
    own: _Asker


def serve(descriptor: int) -> None:
    """Serve whoever holds the other end of a socket until it is closed; then no child is left."""
    # Ctrl-C reaches every process of a terminal; whoever started this one answers for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Warm(socket.socket(fileno=descriptor)).serve()


class _Warm:
    def __init__(self, connection: socket.socket) -> None:
        self._first = _Asker(connection)
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        self._selector.register(connection, selectors.EVENT_READ, self._first)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        while self._first.connection.fileno() != -1:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._reap()
                elif key.data.connection.fileno() != -1:  # an event before it may have closed it
                    self._hear(key.data)

    def _hear(self, asker: _Asker) -> None:
        try:
            kind, files, _, _ = socket.recv_fds(asker.connection, 1, MOST_FILES)
        except OSError:
            kind, files = b"", []
        if kind == PREPARE:
            _prepare(files[0])
        elif kind == WORK:
            self._start(asker, files)
        else:
            self._forget(asker)

    def _start(self, asker: _Asker, files: list[int]) -> None:
        """Fork a child for work that stands in a file; in the child this never returns."""
        ended, *own_files = files
        if not _may_fork():
            os.write(ended, STATUS.pack(REFUSED))
            _close(files)
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        gc.freeze()  # a collection in a child would otherwise copy every page
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            self._become_child(ended, ours)
            _work(parent, theirs, own_files)
        theirs.close()
        _close(own_files)
        own = _Asker(ours)
        self._selector.register(ours, selectors.EVENT_READ, own)
        self._children[process] = _Child(asker, ended, own)
        asker.children.add(process)

    def _become_child(self, ended: int, ours: socket.socket) -> None:
        """Let go of everything that belongs to the warm process."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for asker in (self._first, *(child.own for child in self._children.values())):
            asker.connection.close()
        _close([self._woken, self._wake, ended, *(child.ended for child in self._children.values())])
        ours.close()

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)
        while self._children:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            child = self._children.pop(process, None)
            if child is None:
                continue
            child.asker.children.discard(process)
            self._forget(child.own)
            with contextlib.suppress(OSError):  # nobody waits any more
                os.write(child.ended, STATUS.pack(os.waitstatus_to_exitcode(status)))
            _close([child.ended])

    def _forget(self, asker: _Asker) -> None:
        """Close a connection, and end the children that were asked for through it."""
        if asker.connection.fileno() != -1:
            self._selector.unregister(asker.connection)
            asker.connection.close()
        for process in list(asker.children) if asker is not self._first else list(self._children):
            os.kill(process, signal.SIGKILL)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Take a signal; the file descriptor that it writes to has woken the loop."""


def _prepare(file: int) -> None:
    """Take the steps that a file names; one that fails will fail where the work needs it, and be told there."""
    with os.fdopen(file, "rb") as stream:
        stream.seek(0)
        wanted = json.load(stream)
    sys.path[:] = wanted["path"]
    for step, *arguments in wanted["steps"]:
        with contextlib.suppress(BaseException):
            module, _, name = step.partition(":")
            getattr(importlib.import_module(module), name)(*arguments)


def _may_fork() -> bool:
    """Whether a child can do what this process can; a graphics card that it has begun to use does not follow."""
    torch: Any = sys.modules.get("torch")
    return torch is None or not torch.cuda.is_initialized()


def _work(parent: int, connection: socket.socket, files: list[int]) -> None:
    """Do the work of one child and end."""
    status = 1
    try:
        from sabench.machine import answering, isolation

        processes.begin(parent)
        answering.renew_chance()
        isolation.adopt(connection)
        question, reply, noise = files
        _redirect(noise)
        answering.answer(question, reply)
        status = 0
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _redirect(noise: int) -> None:
    """Send what is printed to where the standard error of whoever asked goes: standard output is for results."""
    os.dup2(noise, 1)
    os.dup2(noise, 2)
    os.close(noise)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
