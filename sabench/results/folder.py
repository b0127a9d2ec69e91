"""The results folder is the truth: runs, protocol cards, a folder a cell. Scores are always made from it anew."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sabench.cells.evaluation_file import Shape
from sabench.cells.folder import CellFolder
from sabench.cells.records import EVALUATION
from sabench.errors import DamagedFile, ResultsError, did_you_mean
from sabench.hashing import plain
from sabench.interfaces.records import Predictions
from sabench.machine.files import lock_in, set_aside, write_json
from sabench.protocols import compact
from sabench.results import folder_format
from sabench.results.runs import RUN, CellRecord, RunRecord
from sabench.results.truth import TRUTH, KeptCard, Truth, read_card, read_truth

if TYPE_CHECKING:
    from sabench.protocols.protocol import Protocol

_CARD: Final = "card.json"
_TRUTH: Final = "truth.json"


class Results:
    """Reads and writes one results folder. Reading changes nothing.

    Raises:
        ResultsError: the folder was made by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder_format.refuse_newer(folder)
        self._cards: dict[str, KeptCard] = {}
        self._truths: dict[str, Truth] = {}
        self._seconds: dict[str, float] = {}  # of evaluations read before: a file each, and a board has thousands

    def prepare(self) -> None:
        """Make the folder and prove that it can be written.

        Raises:
            ResultsError: it cannot.
        """
        write_json(self.folder / folder_format.FILE, {"format": folder_format.FORMAT})

    def refuse_unwritable(self) -> None:
        """Raise where the folder could not be written, and leave everything as it is.

        Raises:
            ResultsError: naming the folder that forbids it.
        """
        above = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            what = "may not be written to" if above.is_dir() else "is no folder"
            msg = f"{self.folder} cannot hold results: {above} {what}. Name another folder with --results."
            raise ResultsError(msg)

    def cell(self, fit_key: str) -> CellFolder:
        """Return the folder of a cell."""
        return CellFolder(self.folder / "cells" / fit_key[:2] / fit_key)

    def write_protocol(self, protocol: Protocol, blind_truth: Mapping[str, Any]) -> None:
        """Keep the card and, in the order in which workers predict, what is true; damaged ones are written again."""
        folder = self._protocol_folder(protocol.hash)
        if self._lacks_card(protocol.hash):
            write_json(folder / _CARD, compact.compact(plain(protocol.card)))
        if self._lacks_truth(protocol.hash, blind_truth):
            write_json(folder / _TRUTH, plain(blind_truth), seal=True)
            self._truths.pop(protocol.hash, None)

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return a protocol card.

        Raises:
            ResultsError: there is none, or it is damaged.
        """
        return self._card(protocol_hash).raw

    def write_run(self, record: RunRecord) -> RunRecord:
        """Keep a run; what an earlier start of the same run asked for stays part of it."""
        path = self._run_file(record.run_id)
        with lock_in(path.parent):  # another command may ask for other draws of the same run
            self._set_damaged_aside(path)
            record = self.continued(record)
            value = asdict(record)
            del value["status"]
            write_json(path, value, seal=True)
        return record

    def continued(self, record: RunRecord) -> RunRecord:
        """Return a run with its status, and with what an earlier start of it asked for."""
        try:
            before = self._read_run(self._run_file(record.run_id))
        except DamagedFile:
            before = None
        if before is not None:
            record = replace(record, created=before.created, evaluations={**before.evaluations, **record.evaluations})
        return self._with_status(record)

    def runs(self) -> list[RunRecord]:
        """Return all runs, oldest first; those that cannot be read are passed over."""
        return self._listed()[0]

    def unreadable(self) -> dict[str, str]:
        """Return the reason of each run that `runs` passes over, by its name."""
        return self._listed()[1]

    def _listed(self) -> tuple[list[RunRecord], dict[str, str]]:
        runs, reasons = [], {}
        for name in self._run_names():
            try:
                record = self._read_run(self._run_file(name))
            except ResultsError as error:
                reasons[name] = str(error)
            else:
                runs += [record] if record else []
        return sorted(runs, key=lambda record: (record.created, record.run_id)), reasons

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
        record = self._read_run(path)
        if record is None:
            msg = f"{path} is not there any more. Repeat the command."
            raise ResultsError(msg)
        return record

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of all complete folds, joined with what is true.

        Raises:
            DamagedFile: an evaluation, or what is true, is damaged.
            ResultsError: the run never asked for this draw, its protocol is gone, or a file cannot be read now.
        """
        if draw not in run.evaluations:
            msg = f"Run {run.run_id} has no draw {draw!r}; it has {', '.join(run.draws)}."
            raise ResultsError(msg)
        truth = self._truth(run.protocol_hash)
        parts = [(fold, truth.folds[fold], array) for fold, array in self._arrays(run, draw, truth)]
        classes = tuple(truth.classes)
        if not parts:
            empty = np.zeros(0, dtype=np.int64)
            return Predictions((), empty.astype(str), empty, np.zeros((0, len(classes))), empty.astype(str), classes)
        return Predictions(
            ids=tuple(name for _, part, _ in parts for name in part.ids),
            speaker=np.concatenate([part.speaker_names for _, part, _ in parts]),
            truth=np.concatenate([part.y for _, part, _ in parts]),
            probabilities=np.concatenate([array for _, _, array in parts]),
            fold=np.repeat([fold for fold, _, _ in parts], [len(part.ids) for _, part, _ in parts]),
            classes=classes,
        )

    def gender(self, run: RunRecord) -> dict[str, str]:
        """Return the gender of each speaker of whom the corpus tells it."""
        return dict(self._truth(run.protocol_hash).gender)

    def history(self, run: RunRecord, fold: str) -> list[dict[str, Any]]:
        """Return one entry an epoch of a fold."""
        return self.cell(run.folds[fold]).history()

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is known of every fold, in order."""
        return [self._cell_record(run, fold, key) for fold, key in run.folds.items()]

    def _cell_record(self, run: RunRecord, fold: str, key: str) -> CellRecord:
        folder = self.cell(key)
        try:
            fit = folder.fit()
            complete = fit is not None and all(folder.has(keys[fold]) for keys in run.evaluations.values())
            error = "" if complete else folder.error()
            status = "complete" if complete else "failed" if error else "missing"
            if fit is None:
                return CellRecord(fold, key, status, error=error)
            spent = sum(self._evaluation_seconds(run, draw, fold) for draw in run.evaluations)
        except DamagedFile as damage:
            return CellRecord(fold, key, "damaged", error=str(damage))
        return CellRecord(
            fold,
            key,
            status,
            seconds=fit.seconds + spent,
            error=error,
            n_training_speakers=fit.n_training_speakers,
            n_train=fit.n_train,
            n_parameters=fit.n_parameters,
            environment=fit.environment,
            chosen=fit.search.chosen if fit.search else None,
        )

    def _evaluation(self, run: RunRecord, draw: str, fold: str, shape: Shape | None = None) -> np.ndarray | None:
        key, folder = run.evaluations[draw][fold], self.cell(run.folds[fold])
        evaluation = folder.read_evaluation(key, shape)
        if evaluation is None:
            return None
        probabilities, record = evaluation
        if record.draw not in ("", draw):
            raise EVALUATION.damaged(str(folder.evaluation_file(key)), f"it is of draw {record.draw[:40]}")
        self._seconds[key] = record.seconds
        return probabilities

    def _evaluation_seconds(self, run: RunRecord, draw: str, fold: str) -> float:
        key = run.evaluations[draw][fold]
        if key not in self._seconds:
            self._evaluation(run, draw, fold)
        return self._seconds.get(key, 0.0)

    def _arrays(self, run: RunRecord, draw: str, truth: Truth) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the probabilities of every complete fold."""
        if run.folds.keys() != truth.folds.keys():
            raise RUN.damaged(str(self._run_file(run.run_id)), "its folds are not those of its protocol")
        for fold in run.folds:
            array = self._evaluation(run, draw, fold, (len(truth.folds[fold].ids), len(truth.classes)))
            if array is not None:
                yield fold, array

    def _card(self, protocol_hash: str) -> KeptCard:
        if protocol_hash not in self._cards:
            card = read_card(self._protocol_folder(protocol_hash) / _CARD, protocol_hash)
            if card is None:
                raise ResultsError(self._nothing(protocol_hash, _CARD))
            self._cards[protocol_hash] = card
        return self._cards[protocol_hash]

    def _truth(self, protocol_hash: str) -> Truth:
        if protocol_hash not in self._truths:
            card = self._card(protocol_hash)
            truth = read_truth(self._protocol_folder(protocol_hash) / _TRUTH, card.parts)
            if truth is None:
                raise ResultsError(self._nothing(protocol_hash, _TRUTH))
            self._truths[protocol_hash] = truth
        return self._truths[protocol_hash]

    def _lacks_card(self, protocol_hash: str) -> bool:
        try:
            return read_card(self._protocol_folder(protocol_hash) / _CARD, protocol_hash) is None
        except DamagedFile:
            return True

    def _lacks_truth(self, protocol_hash: str, wanted: Mapping[str, Any]) -> bool:
        try:
            truth = TRUTH.read(self._protocol_folder(protocol_hash) / _TRUTH)
        except DamagedFile:
            return True
        return truth is None or asdict(truth) != plain(wanted)

    def _nothing(self, protocol_hash: str, name: str) -> str:
        return f"{self.folder} holds no protocol {protocol_hash!r} ({name}). Repeat the run to write it again."

    def _protocol_folder(self, protocol_hash: str) -> Path:
        return self.folder / "protocols" / protocol_hash

    def _run_file(self, run_id: str) -> Path:
        return self.folder / "runs" / run_id / "run.json"

    def _run_names(self) -> list[str]:
        return sorted(path.parent.name for path in (self.folder / "runs").glob("*/run.json"))

    def _read_run(self, path: Path) -> RunRecord | None:
        record = RUN.read(path)
        if record is None:
            return None
        if record.run_id != path.parent.name:
            raise RUN.damaged(str(path), f"it is the record of another run, {record.run_id}")
        return self._with_status(record)

    def _set_damaged_aside(self, path: Path) -> None:
        try:
            RUN.read(path)
        except DamagedFile:
            set_aside(path)

    def _with_status(self, record: RunRecord) -> RunRecord:
        missing = failed = 0
        for fold, key in record.folds.items():
            folder = self.cell(key)
            if not (folder.fitted() and all(folder.has(keys[fold]) for keys in record.evaluations.values())):
                missing += 1
                failed += bool(folder.error())
        return replace(record, status="failed" if failed else "partial" if missing else "complete")
