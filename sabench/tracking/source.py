"""Runs read back from an MLflow store, wherever they were made."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import weakref
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sabench.cells.evaluation_file import probability_fault
from sabench.errors import DamagedFile, ResultsError
from sabench.interfaces.records import Predictions
from sabench.machine.kept import KeptFile, MiB, Values
from sabench.results.runs import CellRecord, RunRecord, run_from
from sabench.results.truth import read_card
from sabench.tracking import files, payload
from sabench.tracking.address import Address
from sabench.tracking.store import Store

if TYPE_CHECKING:
    import pandas as pd

_PAGE = 1000


class TrackedRuns:
    """The complete runs of one MLflow experiment; reads like a results folder.

    Where several results folders sent the same run, the one that began last stands for them.

    Args:
        uri: of the store; otherwise MLFLOW_TRACKING_URI, otherwise `mlflow.db` in this directory.
        experiment: its name; otherwise MLFLOW_EXPERIMENT_NAME, otherwise `sabench`.

    Raises:
        TrackingError: from every method, where the store cannot be read.
    """

    def __init__(self, *, uri: str | None = None, experiment: str | None = None) -> None:
        self.address = Address.of(Path("sabench-results"), uri=uri, experiment=experiment)
        self._store = Store(self.address, create=False)
        self._copies = Path(tempfile.mkdtemp(prefix="sabench-"))
        weakref.finalize(self, shutil.rmtree, self._copies, ignore_errors=True)

    def runs(self) -> list[RunRecord]:
        """Return all complete runs, oldest first; those that cannot be read are passed over."""
        runs = [tracked.run for tracked in self._records.values() if isinstance(tracked, _Tracked)]
        return sorted(runs, key=lambda run: (run.created, run.run_id))

    def unreadable(self) -> dict[str, str]:
        """Return the reason of each run that `runs` passes over, by its name."""
        return {run_id: str(tracked) for run_id, tracked in self._records.items() if isinstance(tracked, ResultsError)}

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is known of every fold, in order.

        Raises:
            DamagedFile: the environments of the run are not what sabench logged.
        """
        entries = _ENVIRONMENTS.read(self._file(run.run_id, files.ENVIRONMENT)) or []
        environments = {fold: entry.environment for entry in entries for fold in entry.folds}
        return [replace(cell, environment=environments.get(cell.fold)) for cell in self._tracked(run.run_id).cells]

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return a protocol card.

        Raises:
            ResultsError: no run went by it, or the card that was logged is another one.
        """
        for run in self.runs():
            if run.protocol_hash == protocol_hash:
                card = read_card(self._file(run.run_id, files.CARD), protocol_hash)
                return card.raw if card else {}
        msg = f"{self.address.shown} holds no complete run under protocol {protocol_hash!r}."
        raise ResultsError(msg)

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of all folds.

        Raises:
            DamagedFile: they are not what sabench logged.
            ResultsError: the run never asked for this draw.
        """
        if draw not in run.draws:
            msg = f"Run {run.run_id} has no draw {draw!r}; it has {', '.join(run.draws)}."
            raise ResultsError(msg)
        path = self._file(run.run_id, files.PREDICTIONS)
        try:
            table = files.read_predictions(path)
            predictions = predictions_of(table[table["draw"] == draw])
            refuse_strange(predictions, run)
        except (ValueError, LookupError, TypeError, OSError) as error:  # pyarrow's own errors inherit from these
            msg = f"The predictions of MLflow run {run.run_id} are damaged: {error}. {_AGAIN}"
            raise DamagedFile(msg) from error
        return predictions

    @cached_property
    def _found(self) -> dict[str, str]:
        """MLflow's id of every run, by ours."""
        with self._store.session() as client:
            token: str | None = ""
            versions: dict[str, str] = {}
            while token is not None:
                page = client.search_runs(
                    [self._store.experiment_id],
                    filter_string=f"attributes.status = 'FINISHED' and tags.`{payload.STATUS}` = 'complete'",
                    max_results=_PAGE,
                    order_by=["attributes.start_time ASC"],
                    page_token=token or None,
                )
                versions |= {run.data.tags[payload.RUN_ID]: run.info.run_id for run in page}
                token = page.token
        return versions

    @cached_property
    def _records(self) -> dict[str, _Tracked | ResultsError]:
        return {run_id: self._record(run_id) for run_id in self._found}

    def _record(self, run_id: str) -> _Tracked | ResultsError:
        """Return what is logged of a run, or why it cannot be believed."""
        try:
            record = _RECORD.read(self._file(run_id, files.RECORD)) or {}
            run = run_from({name: record[name] for name in _RUN_FIELDS & record.keys()}, f"The MLflow run {run_id}")
            cells = _CELLS.parse(json.dumps(record.get("cells")).encode(), f"The MLflow run {run_id}")
            if run.run_id != run_id or [cell.fold for cell in cells] != list(run.folds):
                raise _RECORD.damaged(f"The MLflow run {run_id}", "it is the record of another run, or of other folds")
        except ResultsError as error:
            return error
        return _Tracked(run, cells)

    def _tracked(self, run_id: str) -> _Tracked:
        tracked = self._records[run_id]
        if isinstance(tracked, ResultsError):
            raise tracked
        return tracked

    def _file(self, run_id: str, name: str) -> Path:
        """Return a local copy of a file, fetched once."""
        folder = self._copies / hashlib.sha256(run_id.encode()).hexdigest()[:16]  # not the id: another wrote it
        if not (folder / name).exists():
            folder.mkdir(exist_ok=True)
            with self._store.session() as client:
                client.download_artifacts(self._found[run_id], name, str(folder))
        return folder / name


def predictions_of(table: pd.DataFrame) -> Predictions:
    """Return predictions from the table that `files.table_of` makes of them."""
    classes = tuple(name.removeprefix("p/") for name in table.columns if name.startswith("p/"))
    index = {label: number for number, label in enumerate(classes)}
    return Predictions(
        ids=tuple(table["id"].astype(str)),
        speaker=table["speaker"].to_numpy(dtype=np.str_),
        truth=table["truth"].map(index).to_numpy(dtype=np.int64),
        probabilities=table[[f"p/{label}" for label in classes]].to_numpy(dtype=np.float64),
        fold=table["fold"].to_numpy(dtype=np.str_),
        classes=classes,
    )


def refuse_strange(predictions: Predictions, run: RunRecord) -> None:
    """Raise where predictions are no probabilities, or not of the folds of a run.

    Raises:
        ValueError: saying what they are.
    """
    if set(predictions.fold.tolist()) != set(run.folds):
        msg = "its folds are not those of the run"
        raise ValueError(msg)
    fault = probability_fault(predictions.probabilities)
    if fault:
        raise ValueError(fault)


@dataclass(frozen=True)
class _Tracked:
    """What is logged of one run."""

    run: RunRecord
    cells: list[CellRecord]


@dataclass(frozen=True)
class _Environment:
    """An environment, and the folds that were fitted in it."""

    folds: list[str]
    environment: Values


_AGAIN = "Run `sabench track` again where the run was made."
_RUN_FIELDS = {field.name for field in fields(RunRecord)}
_RECORD: KeptFile[dict[str, Any]] = KeptFile(dict[str, Any], _AGAIN, limit_bytes=64 * MiB, limit_values=1_000_000)
_CELLS: KeptFile[list[CellRecord]] = KeptFile(list[CellRecord], _AGAIN, limit_bytes=64 * MiB, limit_values=1_000_000)
_ENVIRONMENTS: KeptFile[list[_Environment]] = KeptFile(list[_Environment], _AGAIN, limit_bytes=64 * MiB)
