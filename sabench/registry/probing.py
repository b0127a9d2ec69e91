"""Importing a stranger's plugin: first in a process apart, so that whatever it does there stops nobody else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

LIMIT_S: Final = 20.0
"""How long a plugin may take to be imported."""
_LOADED: Final = b"loaded"


def fault_of(load: Callable[[], object], limit_s: float = LIMIT_S) -> str:
    """Return what stops a process that loads a plugin: a time limit, an exit, a signal; empty where nothing does.

    An error that it raises is no such thing; whoever loads it tells that. Where this process cannot be forked (other
    systems, several threads), nothing is tried.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return ""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        _load_and_end(load, writer)
    os.close(writer)
    with open(reader, "rb", buffering=0) as stream:
        in_time = select.select([stream], [], [], limit_s)[0]
        said = stream.read(len(_LOADED)) if in_time else b""
    if not in_time:
        os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if said == _LOADED:
        return ""
    if not in_time:
        return f"importing it took longer than {limit_s:g} s."
    how = f"was killed by signal {-status}" if status < 0 else f"ended by itself with exit status {status}"
    return f"the process that imported it {how}."


def _load_and_end(load: Callable[[], object], writer: int) -> None:
    """Load in the forked process, say so, and end it without a trace."""
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  (it ends with the process)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        with contextlib.suppress(BaseException):
            load()
        os.write(writer, _LOADED)
    finally:
        os._exit(0)
