"""Importing a stranger's plugin: first in a process apart, so that whatever it does there stops nobody else."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from typing import Final

LIMIT_S: Final = 20.0
"""How long a plugin may take to be imported."""
_LOADED: Final = b"loaded"
_SCRIPT: Final = """
import contextlib, importlib.metadata, sys
name, value, group, token, *sys.path[:] = sys.argv[1:]
with contextlib.suppress(BaseException):
    importlib.metadata.EntryPoint(name, value, group).load()
print(token, file=sys.__stdout__, flush=True)
"""


def fault_of(point: importlib.metadata.EntryPoint, limit_s: float | None = None) -> str:
    """Return what stops a process that loads a plugin: a time limit, an exit, a signal; empty where nothing does.

    An error that it raises is no such thing; whoever loads it tells that. The process is a fork of this one, or a
    fresh one where a fork is not to be had or not safe: on other systems, and beside other threads, as in notebooks.
    """
    limit_s = LIMIT_S if limit_s is None else limit_s
    if hasattr(os, "fork") and threading.active_count() == 1:
        return _fault_in_fork(point, limit_s)
    return _fault_in_fresh(point, limit_s)


def _fault_in_fork(point: importlib.metadata.EntryPoint, limit_s: float) -> str:
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        _load_and_end(point, writer)
    os.close(writer)
    with open(reader, "rb", buffering=0) as stream:
        in_time = select.select([stream], [], [], limit_s)[0]
        said = stream.read(len(_LOADED)) if in_time else b""
    if not in_time:
        os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if said == _LOADED:
        return ""
    return _ended(status) if in_time else _late(limit_s)


def _load_and_end(point: importlib.metadata.EntryPoint, writer: int) -> None:
    """Load in the forked process, say so, and end it without a trace."""
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  (it ends with the process)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        with contextlib.suppress(BaseException):
            point.load()
        os.write(writer, _LOADED)
    finally:
        os._exit(0)


def _fault_in_fresh(point: importlib.metadata.EntryPoint, limit_s: float) -> str:
    token = secrets.token_hex(8)
    command = [sys.executable, "-c", _SCRIPT, point.name, point.value, point.group, token, *sys.path]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return _late(limit_s)
    return "" if done.stdout.rstrip().endswith(token.encode()) else _ended(done.returncode)


def _late(limit_s: float) -> str:
    return f"importing it took longer than {limit_s:g} s."


def _ended(status: int) -> str:
    how = f"was killed by signal {-status}" if status < 0 else f"ended by itself with exit status {status}"
    return f"the process that imported it {how}."
