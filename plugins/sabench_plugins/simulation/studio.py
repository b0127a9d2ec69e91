"""Recording sessions: what each speaker says how, and one fresh process per speaker that says it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from sabench import DatasetError, Progress
from sabench_plugins.simulation.emotion import Manner
from sabench_plugins.simulation.speaker import Speaker


@dataclass(frozen=True)
class Take:
    """One utterance to record.

    Attributes:
        path: of the wav file, relative to the twin's root.
        text: what is said.
        delivery: how, the speaker's baseline included.
        colour_db: of the spectrum, as the speaker's `channel_db` and besides it.
    """

    path: str
    text: str
    delivery: Manner
    colour_db: tuple[float, ...]


@dataclass(frozen=True)
class Session:
    """All takes of one speaker, in the order of recording.

    Attributes:
        name: of the speaker; seeds the background noise together with `seed`.
        speaker: who speaks.
        seed: of the twin.
        takes: what is recorded.
    """

    name: str
    speaker: Speaker
    seed: int
    takes: tuple[Take, ...]


def record(root: Path, sessions: Sequence[Session], *, jobs: int | None, progress: Progress | None) -> None:
    """Write the wav files of all sessions below `root`.

    The bytes do not depend on `jobs`. The voices end when this process does.

    Args:
        root: folder of the twin.
        sessions: one a speaker.
        jobs: how many speakers speak at a time; None for all cores.
        progress: called after every utterance.

    Raises:
        DatasetError: a voice failed, with what it said last.
    """
    total = sum(len(session.takes) for session in sessions)
    with _Voices(root, jobs) as voices:
        for done, _ in enumerate(voices.takes(sessions), start=1):
            if progress is not None:
                progress(done, total)


class _Voices:
    """The voice processes that run at a time; leaving ends them."""

    def __init__(self, root: Path, jobs: int | None) -> None:
        self._root = root
        self._pool = ThreadPoolExecutor(jobs or _cores())
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._news: queue.SimpleQueue[Exception | bool] = queue.SimpleQueue()

    def __enter__(self) -> _Voices:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()
        self._pool.shutdown(cancel_futures=True)

    def takes(self, sessions: Sequence[Session]) -> Iterator[None]:
        """Yield once an utterance until all speakers are through; a failure is raised here."""
        for session in sessions:
            self._pool.submit(self._speak, session)
        left = len(sessions)
        while left:
            news = self._news.get()
            if isinstance(news, Exception):
                raise news
            if news:
                yield
            else:
                left -= 1

    def _speak(self, session: Session) -> None:
        try:
            with tempfile.TemporaryFile() as errors:
                self._follow(session, errors)
        except Exception as error:  # noqa: BLE001  (the thread that waits for news raises it)
            self._news.put(error)
        else:
            self._news.put(False)

    def _follow(self, session: Session, errors: IO[bytes]) -> None:
        process = self._start(errors)
        if process is None:
            return
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps({"root": str(self._root), **asdict(session)}).encode())
                process.stdin.close()
            except BrokenPipeError:
                pass  # it ended at once; its status is looked at below
            while process.stdout.read(1):
                self._news.put(True)
        with self._lock:
            self._running.discard(process)
        if process.returncode != 0 and not self._closed:
            raise _failure(session, process.returncode, errors)

    def _start(self, errors: IO[bytes]) -> subprocess.Popen[bytes] | None:
        # A program of its own: multiprocessing would import the caller's script again.
        command = [sys.executable, "-P", "-m", "sabench_plugins.simulation.booth"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with self._lock:
            if self._closed:
                return None
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                env=environment,
            )
            self._running.add(process)
        return process


def _failure(session: Session, status: int, errors: IO[bytes]) -> DatasetError:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    said = lines[-1] if lines else "no message"
    return DatasetError(f"The simulated voice of {session.name} ended with status {status}: {said}")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
