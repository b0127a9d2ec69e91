"""The folder of a cell: everything that a worker says, and what a kill leaves behind."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock

from sabench.errors import ResultsError
from sabench.machine.files import lock_in, read_json, write_bytes, write_json

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

    def fit(self) -> dict[str, Any] | None:
        """Return what was recorded when the fit was finished, or None."""
        value = read_json(self.path / "fit.json")
        return value if isinstance(value, dict) else None

    def fitted(self) -> bool:
        """Whether the fit is finished, told by a name alone."""
        return (self.path / "fit.json").exists()

    def write_fit(self, record: Mapping[str, Any]) -> None:
        """Record that the fit is finished; only then is a model valid."""
        write_json(self.path / "fit.json", dict(record))
        self.checkpoint.forget()

    def has(self, evaluation: str) -> bool:
        """Whether an evaluation is complete."""
        return self._evaluation(evaluation).exists()

    def write_evaluation(self, key: str, probabilities: np.ndarray, record: Mapping[str, Any]) -> None:
        """Keep the probabilities of all targets in a row, shape `(n_scored, n_classes)`."""
        buffer = io.BytesIO()
        np.savez(buffer, probabilities=probabilities, record=np.frombuffer(json.dumps(record).encode(), np.uint8))
        write_bytes(self._evaluation(key), buffer.getvalue())

    def read_evaluation(self, key: str) -> tuple[np.ndarray, dict[str, Any]] | None:
        """Return probabilities and record of an evaluation; None where it is missing or damaged."""
        try:
            # In memory, as np.load leaves a damaged file open.
            with np.load(io.BytesIO(self._evaluation(key).read_bytes()), allow_pickle=False) as content:
                return content["probabilities"], json.loads(content["record"].tobytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("Evaluation %s of %s is damaged and will be made again: %s", key, self.path.name, error)
            with contextlib.suppress(OSError):  # so that names alone tell what is complete; a reader may not be allowed
                self._evaluation(key).unlink(missing_ok=True)
            return None

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
        """Return one entry an epoch; where an epoch was done again after a kill, the last one counts."""
        try:
            lines = self.history_file.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        by_epoch: dict[Any, dict[str, Any]] = {}
        for number, line in enumerate(lines):
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the line that a kill cut short
            if isinstance(entry, dict):
                by_epoch[entry.get("epoch", number)] = entry
        return [by_epoch[epoch] for epoch in sorted(by_epoch)]

    def begin(self) -> float:
        """Leave a mark that the cell is being worked on; a worker that dies leaves it standing.

        Returns the seconds that such workers spent on what is gone on from: checkpoints, candidates of a search.
        """
        spent = self._spent()
        (self.path / "error.json").unlink(missing_ok=True)
        write_json(self.path / "attempt.json", {"pid": os.getpid(), "started": time.time(), "spent": spent})
        return spent

    def _spent(self) -> float:
        attempt = read_json(self.path / "attempt.json")
        kept = [*self.path.rglob("checkpoint.safetensors"), *self.path.glob("search/*/fit.json")]
        if not isinstance(attempt, dict) or not kept:
            return 0.0
        last = max(path.stat().st_mtime for path in kept)
        return float(attempt.get("spent", 0.0)) + max(0.0, last - float(attempt.get("started", last)))

    def end(self) -> None:
        """Take the mark away."""
        (self.path / "attempt.json").unlink(missing_ok=True)

    def attempted(self) -> bool:
        """Whether work began and has not ended."""
        return (self.path / "attempt.json").exists()

    def fail(self, sentence: str, details: str = "") -> None:
        """Keep the reason of a failure."""
        write_json(self.path / "error.json", {"error": sentence, "details": details})
        self.end()

    def error(self) -> str:
        """Return the reason of a failure, or an empty text."""
        value = read_json(self.path / "error.json")
        return str(value.get("error", "")) if isinstance(value, dict) else ""

    def _evaluation(self, key: str) -> Path:
        return self.path / "evaluations" / f"{key}.npz"


class FileCheckpoint:
    """Arrays and a JSON value in one safetensors file, replaced in one step."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
        """Replace what is kept."""
        from safetensors.numpy import save

        # Not np.ascontiguousarray, which gives an array of no dimensions one.
        contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        write_bytes(self._path, save(contiguous, metadata={"state": json.dumps(state)}))

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Return what was kept last; None where there is nothing or it is damaged."""
        from safetensors import SafetensorError, safe_open

        if not self._path.exists():
            return None
        try:
            with safe_open(self._path, framework="numpy") as content:
                arrays = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
                return arrays, json.loads(content.metadata()["state"])
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            log.warning("Checkpoint %s is damaged; training starts again: %s", self._path, error)
            return None

    def forget(self) -> None:
        """Remove what is kept."""
        self._path.unlink(missing_ok=True)
