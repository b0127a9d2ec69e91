"""Tracks runs in a process of its own, while they go on."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from sabench.errors import TrackingError
from sabench.tracking.address import Address
from sabench.tracking.store import LATER

_log = logging.getLogger(__name__)

_PATIENCE_S = 600.0
"""How long the end of a run waits for a store that other runs keep busy; one that is away is given up much earlier."""

_HURRY_S = 20.0
"""How long whoever pressed Ctrl-C waits."""


class Follower:
    """A process that brings MLflow up to the results folder whenever it is told of a run.

    A process and not a thread: MLflow takes seconds to import, writes to the terminal, and must not
    be forked while it works; and no fault in it can end a run. It ends with the process that
    started it. Told of a run again while it is still busy, it looks once more and no oftener.

    Args:
        results: the results folder.
        uri, experiment: as of `Tracker`.
        prepare: make the store at once. Without, the process only imports MLflow until `prepare` or a
            first run is told: it may start before it is known whether there will be a run at all.
        on_error: called once with the first `TrackingError`, in another thread; further ones are
            debug messages, as all of them tell that `sabench track` has to repair it.
    """

    def __init__(
        self,
        results: Path,
        *,
        uri: str | None = None,
        experiment: str | None = None,
        prepare: bool = True,
        on_error: Callable[[TrackingError], None] | None = None,
    ) -> None:
        self.address = Address.of(results, uri=uri, experiment=experiment)
        self.errors: list[TrackingError] = []
        self.logged: dict[str, dict[str, Any]] = {}
        self._on_error = on_error
        self._noise: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self._process = self._start(results.absolute(), uri, experiment)
        self._reader = threading.Thread(target=self._read, daemon=True, name="sabench-tracking")
        self._reader.start()
        if prepare:
            self.prepare()

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        hurried = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.close(_HURRY_S if hurried else _PATIENCE_S)

    def prepare(self) -> None:
        """Have the store made or migrated, and the experiment; returns at once."""
        self._send({"prepare": True})

    def submit(self, run_id: str) -> None:
        """Tell that there is something new of a run; returns at once."""
        self._send({"update": run_id})

    def finish(self, run_id: str) -> None:
        """Tell that nobody works on a run any more; returns at once."""
        self._send({"finish": run_id})

    def close(self, timeout_s: float = _PATIENCE_S) -> None:
        """Wait until all that was told is logged, or until the time is up, and end the process."""
        if self._process is None:
            return
        self._send({"close": True})
        with contextlib.suppress(OSError):
            self._stdin.close()
        self._wait(timeout_s)
        self._reader.join(timeout=5.0)
        self._noise.close()
        self._process = None

    def _start(self, results: Path, uri: str | None, experiment: str | None) -> subprocess.Popen[bytes] | None:
        # By the environment and not as arguments: a store's address may hold a password.
        environment = dict(os.environ)
        if uri:
            environment["MLFLOW_TRACKING_URI"] = uri
        if experiment:
            environment["MLFLOW_EXPERIMENT_NAME"] = experiment
        # -P: a file of the user's own in this folder must not stand for a module of Python.
        command = [sys.executable, "-P", "-m", "sabench.tracking", str(results)]
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._noise,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the parent, which decides when this one ends
            )
        except OSError as error:
            self._fail(f"The process that writes to MLflow cannot be started: {error}. {LATER}")
            return None

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is None:
            return
        try:
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()
        except (OSError, ValueError):  # it is gone; `_read` tells why
            _log.debug("The process that writes to MLflow is gone; not told: %s", message)

    def _read(self) -> None:
        """Take what the process says until it ends."""
        process = self._process
        if process is None or process.stdout is None:
            return
        with process.stdout:
            for line in process.stdout:
                self._take(json.loads(line))
        if process.wait() != 0:
            self._fail(f"The process that writes to MLflow ended: {self._last_words()}. {LATER}")

    def _take(self, said: dict[str, Any]) -> None:
        if "error" in said:
            self._fail(said["error"])
        else:
            self.logged[said["run_id"]] = said

    def _wait(self, timeout_s: float) -> None:
        assert self._process is not None
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._fail(f"MLflow store {self.address.shown} did not answer within {timeout_s:.0f} s. {LATER}")
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        assert self._process is not None
        self._noise.seek(0)
        lines = self._noise.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"

    def _fail(self, message: str) -> None:
        error = TrackingError(message)
        self.errors.append(error)
        if len(self.errors) == 1 and self._on_error is not None:
            self._on_error(error)
        else:
            _log.debug("%s", error)
