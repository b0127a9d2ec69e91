"""The results folder is the truth: runs, protocol cards, a folder a cell. Scores are always made from it anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sabench.cells.folder import CellFolder
from sabench.errors import ResultsError, did_you_mean
from sabench.interfaces.records import Predictions
from sabench.machine.files import lock_in, read_json, write_json
from sabench.results.runs import CellRecord, RunRecord, run_from

if TYPE_CHECKING:
    from sabench.protocols.protocol import Protocol


class Results:
    """Reads and writes one results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seconds: dict[str, float] = {}  # of evaluations read before: a file each, and a board has thousands

    def prepare(self) -> None:
        """Make the folder and prove that it can be written.

        Raises:
            ResultsError: it cannot.
        """
        write_json(self.folder / "sabench.json", {"format": 1})

    def cell(self, fit_key: str) -> CellFolder:
        """Return the folder of a cell."""
        return CellFolder(self.folder / "cells" / fit_key[:2] / fit_key)

    def write_protocol(self, protocol: Protocol, blind_truth: Mapping[str, Any]) -> None:
        """Keep the card and, in the order in which workers predict, what is true."""
        folder = self.folder / "protocols" / protocol.hash
        if not (folder / "truth.json").exists():
            write_json(folder / "card.json", dict(protocol.card))
            write_json(folder / "truth.json", dict(blind_truth))

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return a protocol card.

        Raises:
            ResultsError: there is none.
        """
        return self._protocol_file(protocol_hash, "card.json")

    def write_run(self, record: RunRecord) -> RunRecord:
        """Keep a run; what an earlier start of the same run asked for stays part of it."""
        path = self._run_file(record.run_id)
        with lock_in(path.parent):  # another command may ask for other draws of the same run
            record = self.continued(record)
            value = asdict(record)
            del value["status"]
            write_json(path, value)
        return record

    def continued(self, record: RunRecord) -> RunRecord:
        """Return a run with its status, and with what an earlier start of it asked for."""
        before = self._read_run(self._run_file(record.run_id))
        if before is not None:
            record = replace(record, created=before.created, evaluations={**before.evaluations, **record.evaluations})
        return self._with_status(record)

    def runs(self) -> list[RunRecord]:
        """Return all runs, oldest first; files that are no run are passed over."""
        found = [self._read_run(self._run_file(name)) for name in self._run_names()]
        return sorted((record for record in found if record), key=lambda record: (record.created, record.run_id))

    def unreadable(self) -> list[str]:
        """Return a sentence for each run that `runs` passes over."""
        return [_no_run(path) for path in map(self._run_file, self._run_names()) if self._read_run(path) is None]

    def run(self, run_id: str) -> RunRecord:
        """Return the run whose id is this text, or the only one that begins with it.

        Raises:
            ResultsError: there is none, several begin so, or its record cannot be read.
        """
        names = self._run_names()
        matching = [run_id] if run_id in names else [name for name in names if name.startswith(run_id)]
        if len(matching) != 1:
            what = f"{len(matching)} runs begin with" if matching else "no run is called"
            shown = ", ".join((matching or names)[:5]) or "none"
            msg = (
                f"In {self.folder} {what} {run_id!r}.{did_you_mean(run_id, names)} "
                f"There are: {shown}. List them with: sabench leaderboard --results {self.folder}"
            )
            raise ResultsError(msg)
        path = self._run_file(matching[0])
        found = self._read_run(path)
        if found is None:
            raise ResultsError(_no_run(path))
        return found

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of all complete folds, joined with what is true.

        Raises:
            ResultsError: the run never asked for this draw, or its protocol is gone.
        """
        if draw not in run.evaluations:
            msg = f"Run {run.run_id} has no draw {draw!r}; it has {', '.join(run.draws)}."
            raise ResultsError(msg)
        truth = self._truth(run.protocol_hash)
        parts = list(self._parts(run, draw, truth["folds"]))
        classes = tuple(truth["classes"])
        if not parts:
            empty = np.zeros(0, dtype=np.int64)
            return Predictions((), empty.astype(str), empty, np.zeros((0, len(classes))), empty.astype(str), classes)
        return Predictions(
            ids=tuple(i for part in parts for i in part["ids"]),
            speaker=np.concatenate([np.array(part["speaker"], dtype=np.str_) for part in parts]),
            truth=np.concatenate([np.array(part["labels"], dtype=np.int64) for part in parts]),
            probabilities=np.concatenate([part["probabilities"] for part in parts]),
            fold=np.concatenate([np.full(len(part["ids"]), part["fold"]) for part in parts]),
            classes=classes,
        )

    def gender(self, run: RunRecord) -> dict[str, str]:
        """Return the gender of each speaker of whom the corpus tells it."""
        found: dict[str, str] = self._truth(run.protocol_hash).get("gender", {})
        return found

    def history(self, run: RunRecord, fold: str) -> list[dict[str, Any]]:
        """Return one entry an epoch of a fold."""
        return self.cell(run.folds[fold]).history()

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is known of every fold, in order."""
        return [self._cell_record(run, fold, key) for fold, key in run.folds.items()]

    def _cell_record(self, run: RunRecord, fold: str, key: str) -> CellRecord:
        folder = self.cell(key)
        done = folder.fit()
        complete = done is not None and all(folder.has(keys[fold]) for keys in run.evaluations.values())
        error = "" if complete else folder.error()
        status = "complete" if complete else "failed" if error else "missing"
        if done is None:
            return CellRecord(fold, key, status, error=error)
        spent = sum(self._evaluation_seconds(run, draw, fold) for draw in run.evaluations)
        return CellRecord(
            fold,
            key,
            status,
            seconds=done["seconds"] + spent,
            error=error,
            n_training_speakers=done["n_training_speakers"],
            n_train=done["n_train"],
            n_parameters=done["n_parameters"],
            environment=done["environment"],
            chosen=done.get("search", {}).get("chosen"),
        )

    def _evaluation(self, run: RunRecord, draw: str, fold: str) -> tuple[np.ndarray, dict[str, Any]] | None:
        key = run.evaluations[draw].get(fold)
        found = self.cell(run.folds[fold]).read_evaluation(key) if key else None
        if key and found:
            self._seconds[key] = float(found[1]["seconds"])
        return found

    def _evaluation_seconds(self, run: RunRecord, draw: str, fold: str) -> float:
        key = run.evaluations[draw].get(fold, "")
        if key not in self._seconds:
            self._evaluation(run, draw, fold)
        return self._seconds.get(key, 0.0)

    def _parts(self, run: RunRecord, draw: str, truth: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for fold in run.folds:
            found = self._evaluation(run, draw, fold)
            if found is not None and fold in truth:
                yield {"fold": fold, "probabilities": found[0], **truth[fold]}

    def _protocol_file(self, protocol_hash: str, name: str) -> dict[str, Any]:
        value = read_json(self.folder / "protocols" / protocol_hash / name)
        if not isinstance(value, dict):
            msg = f"{self.folder} holds no protocol {protocol_hash!r} ({name}). Repeat the run to write it again."
            raise ResultsError(msg)
        return value

    @cache  # noqa: B019  (one small entry a protocol, as long as the reader lives)
    def _truth(self, protocol_hash: str) -> dict[str, Any]:
        return self._protocol_file(protocol_hash, "truth.json")

    def _run_file(self, run_id: str) -> Path:
        return self.folder / "runs" / run_id / "run.json"

    def _run_names(self) -> list[str]:
        return sorted(path.parent.name for path in (self.folder / "runs").glob("*/run.json"))

    def _read_run(self, path: Path) -> RunRecord | None:
        value = read_json(path)
        try:
            return self._with_status(run_from(value)) if value is not None else None
        except (KeyError, TypeError, ValueError):
            return None

    def _with_status(self, record: RunRecord) -> RunRecord:
        missing = failed = 0
        for fold, key in record.folds.items():
            folder = self.cell(key)
            if not (folder.fitted() and all(folder.has(keys[fold]) for keys in record.evaluations.values())):
                missing += 1
                failed += bool(folder.error())
        return replace(record, status="failed" if failed else "partial" if missing else "complete")


def _no_run(path: Path) -> str:
    return f"{path} cannot be read as a run. The run's command, repeated, writes it again and keeps what is complete."
