"""The folder of a cell: everything that a worker says, and what a kill leaves behind."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from sabench.cells import evaluation_file
from sabench.cells.checkpoint import FileCheckpoint
from sabench.cells.evaluation_file import Shape
from sabench.cells.records import (
    ATTEMPT,
    CANDIDATE,
    FAILURE,
    FIT,
    Attempt,
    Candidate,
    EvaluationRecord,
    Failure,
    Fit,
    history_line,
)
from sabench.errors import DamagedFile, ResultsError
from sabench.machine.files import lock_in, set_aside, write_json
from sabench.machine.kept import MiB, read_bytes

if TYPE_CHECKING:
    from filelock import FileLock

_FIT: Final = "fit.json"
_ATTEMPT: Final = "attempt.json"
_ERROR: Final = "error.json"
_HISTORY_LIMIT_BYTES: Final = 64 * MiB
_LONGEST_REASON: Final = 20_000
"""Characters of a reason or a traceback that are kept; a plugin may raise anything."""
log = logging.getLogger(__name__)


class CellFolder:
    """Reads and writes one cell: `fit.json`, `history.jsonl`, `model/`, `evaluations/*.npz`, `error.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = path / "model"
        self.history_file = path / "history.jsonl"
        self.checkpoint = FileCheckpoint(path / "checkpoint.safetensors")

    def lock(self) -> FileLock:
        """Return the lock to hold while working."""
        return lock_in(self.path)

    def fit(self) -> Fit | None:
        """Return what was recorded when the fit was finished, or None.

        Raises:
            DamagedFile: the record is not what was written, or of another fit.
            UnreadableFile: it cannot be read now.
        """
        fit = FIT.read(self.path / _FIT)
        if fit is not None and fit.key not in (None, self.path.name):
            raise FIT.damaged(str(self.path / _FIT), f"it is of another fit ({fit.key})")
        return fit

    def fitted(self) -> bool:
        """Whether the fit is finished, told by a name alone."""
        return (self.path / _FIT).exists()

    def write_fit(self, record: Mapping[str, Any]) -> None:
        """Record that the fit is finished; only then is a model valid."""
        digests = {"model": self.model_digests()} if record.get("saved") else {}
        write_json(self.path / _FIT, {**record, "key": self.path.name, **digests}, seal=True)
        self.checkpoint.forget()

    def candidate(self) -> Candidate | None:
        """Return what was recorded of a finished candidate of a search, or None.

        Raises:
            DamagedFile: the record is not what was written.
            UnreadableFile: it cannot be read now.
        """
        return CANDIDATE.read(self.path / _FIT)

    def write_candidate(self, parameters: Mapping[str, Any], validation_uar: float) -> None:
        """Record that a candidate of a search is finished."""
        record = {"parameters": dict(parameters), "validation_uar": validation_uar, "model": self.model_digests()}
        write_json(self.path / _FIT, record, seal=True)
        self.checkpoint.forget()

    def model_digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file of the kept model."""
        return {
            path.relative_to(self.model).as_posix(): _sha256(path)
            for path in sorted(self.model.rglob("*"))
            if path.is_file()
        }

    def refuse_changed_model(self, fit: Fit | Candidate) -> None:
        """Raise where a file of the kept model is not the one that was saved.

        Raises:
            DamagedFile: a file is missing, changed or new.
        """
        if fit.model is not None and fit.model != self.model_digests():
            msg = f"{self.model} is damaged: its files are not those that were saved. Remove it, and repeat the run."
            raise DamagedFile(msg)

    def has(self, evaluation: str) -> bool:
        """Whether an evaluation is complete, told by a name alone."""
        return self.evaluation_file(evaluation).exists()

    def write_evaluation(self, key: str, probabilities: np.ndarray, record: Mapping[str, Any]) -> None:
        """Keep the probabilities of all targets in a row, shape `(n_scored, n_classes)`."""
        evaluation_file.write(self.evaluation_file(key), key, probabilities, record)

    def read_evaluation(self, key: str, shape: Shape | None = None) -> tuple[np.ndarray, EvaluationRecord] | None:
        """Return probabilities and record of an evaluation; None where there is none.

        Raises:
            DamagedFile: the file is not what was written, or its probabilities have not this shape.
            UnreadableFile: it cannot be read now.
        """
        return evaluation_file.read(self.evaluation_file(key), key, shape)

    def set_damaged_aside(self, evaluations: Mapping[str, Shape]) -> None:
        """Rename what is damaged, so that names alone tell what is complete; only who holds the lock may.

        Args:
            evaluations: keys, and the shapes that their probabilities must have.

        Raises:
            ResultsError: a file cannot be read now, or not be renamed.
        """
        readers: dict[Path, Callable[[], object]] = {self.path / _FIT: self.fit}
        for key, shape in evaluations.items():
            readers[self.evaluation_file(key)] = partial(self.read_evaluation, key, shape)
        for path, read in readers.items():
            try:
                read()
            except DamagedFile as error:
                log.warning("%s", error)
                set_aside(path)

    def report(self, **values: float) -> None:
        """Append one line to the history."""
        line = json.dumps(values, default=float) + "\n"
        try:
            with self.history_file.open("ab+") as stream:
                stream.write((line if self._ends_whole(stream) else "\n" + line).encode())
        except OSError as error:
            msg = f"{self.history_file} cannot be written: {error.strerror}. Make room, then repeat the command."
            raise ResultsError(msg) from error

    @staticmethod
    def _ends_whole(stream: BinaryIO) -> bool:
        """Whether the last line is complete; one that a kill or a full disk cut short must not swallow the next."""
        if not stream.seek(0, os.SEEK_END):
            return True
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"

    def history(self) -> list[dict[str, Any]]:
        """Return one entry an epoch; where an epoch was done again after a kill, the last one counts.

        Raises:
            ResultsError: there is such a file, and it cannot be read.
        """
        content = read_bytes(self.history_file, _HISTORY_LIMIT_BYTES) or b""
        by_epoch: dict[int, dict[str, Any]] = {}
        for number, line in enumerate(content.splitlines()):
            entry = history_line(line)
            if entry is not None:
                by_epoch[entry.get("epoch", number)] = entry
        return [by_epoch[epoch] for epoch in sorted(by_epoch)]

    def begin(self) -> float:
        """Leave a mark that the cell is being worked on; a worker that dies leaves it standing.

        Returns the seconds that such workers spent on what is gone on from: checkpoints, candidates of a search.
        """
        spent = self._spent()
        (self.path / _ERROR).unlink(missing_ok=True)
        write_json(self.path / _ATTEMPT, {"pid": os.getpid(), "started": time.time(), "spent": spent})
        return spent

    def _spent(self) -> float:
        try:
            attempt = ATTEMPT.read(self.path / _ATTEMPT)
        except DamagedFile:
            return 0.0  # a time that nobody knows; everything else goes on
        kept = [*self.path.rglob("checkpoint.safetensors"), *self.path.glob("search/*/fit.json")]
        if attempt is None or not kept:
            return 0.0
        last = max(path.stat().st_mtime for path in kept)
        return attempt.spent + max(0.0, last - attempt.started)

    def end(self) -> None:
        """Take the mark away."""
        (self.path / _ATTEMPT).unlink(missing_ok=True)

    def attempt(self) -> Attempt | None:
        """Return the mark of a worker that has begun and not ended, which may have died; None without.

        Raises:
            DamagedFile: the mark is not what was written.
        """
        return ATTEMPT.read(self.path / _ATTEMPT)

    def attempted(self) -> bool:
        """Whether work began and has not ended."""
        return (self.path / _ATTEMPT).exists()

    def fail(self, sentence: str, details: str = "") -> None:
        """Keep the reason of a failure."""
        shown = {"error": sentence[:_LONGEST_REASON], "details": details[-_LONGEST_REASON:]}
        write_json(self.path / _ERROR, shown)
        self.end()

    def failure(self) -> Failure | None:
        """Return why the cell failed, with the traceback of the method's own code where it has one; else None."""
        try:
            return FAILURE.read(self.path / _ERROR)
        except DamagedFile as error:
            return Failure(error=f"The reason is not known any more: {error}")

    def error(self) -> str:
        """Return the reason of a failure, or an empty text."""
        failure = self.failure()
        return failure.error if failure else ""

    def evaluation_file(self, key: str) -> Path:
        """Return where an evaluation is kept."""
        return self.path / "evaluations" / f"{key}.npz"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
