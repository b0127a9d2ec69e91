"""Runs read back from an MLflow store, wherever they were made."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sabench.errors import ResultsError, TrackingError
from sabench.interfaces.records import Predictions
from sabench.results.runs import CellRecord, RunRecord, method_from
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
        """Return all complete runs, oldest first."""
        records = [_run_record(entry) for entry in self._records.values()]
        return sorted(records, key=lambda run: (run.created, run.run_id))

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is known of every fold, in order."""
        environments = {
            fold: entry["environment"] for entry in self._json(run.run_id, files.ENVIRONMENT) for fold in entry["folds"]
        }
        return [
            _known(CellRecord, cell | {"environment": environments.get(cell["fold"])})
            for cell in self._records[run.run_id]["cells"]
        ]

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return a protocol card.

        Raises:
            ResultsError: no run went by it.
        """
        for run_id, record in self._records.items():
            if record["protocol_hash"] == protocol_hash:
                card: dict[str, Any] = self._json(run_id, files.CARD)
                return card
        msg = f"{self.address.shown} holds no complete run under protocol {protocol_hash!r}."
        raise ResultsError(msg)

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of all folds.

        Raises:
            ResultsError: the run never asked for this draw.
        """
        import pandas as pd

        table = pd.read_parquet(self._file(run.run_id, files.PREDICTIONS))
        chosen = table[table["draw"] == draw]
        if chosen.empty:
            msg = f"Run {run.run_id} has no draw {draw!r}; it has {', '.join(sorted(table['draw'].unique()))}."
            raise ResultsError(msg)
        return predictions_of(chosen)

    @cached_property
    def _found(self) -> dict[str, str]:
        """MLflow's id of every run, by ours."""
        with self._store.session() as client:
            token: str | None = ""
            found: dict[str, str] = {}
            while token is not None:
                page = client.search_runs(
                    [self._store.experiment_id],
                    filter_string=f"attributes.status = 'FINISHED' and tags.`{payload.STATUS}` = 'complete'",
                    max_results=_PAGE,
                    order_by=["attributes.start_time ASC"],
                    page_token=token or None,
                )
                found |= {run.data.tags[payload.RUN_ID]: run.info.run_id for run in page}
                token = page.token
        return found

    @cached_property
    def _records(self) -> dict[str, dict[str, Any]]:
        return {run_id: self._json(run_id, files.RECORD) for run_id in self._found}

    def _json(self, run_id: str, name: str) -> Any:
        return json.loads(self._file(run_id, name).read_text(encoding="utf-8"))

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
        ids=tuple(table["id"]),
        speaker=table["speaker"].to_numpy(dtype=np.str_),
        truth=table["truth"].map(index).to_numpy(dtype=np.int64),
        probabilities=table[[f"p/{label}" for label in classes]].to_numpy(),
        fold=table["fold"].to_numpy(dtype=np.str_),
        classes=classes,
    )


def _run_record(record: Mapping[str, Any]) -> RunRecord:
    run: RunRecord = _known(RunRecord, {**record, "method": method_from(record["method"])})
    return run


def _known(kind: Any, values: Mapping[str, Any]) -> Any:
    """Return a record from the values that it knows; what newer versions add is passed over."""
    names = {field.name for field in fields(kind)}
    try:
        return kind(**{name: value for name, value in values.items() if name in names})
    except TypeError as error:
        msg = f"An MLflow run was written by another version of sabench ({error}). Run `sabench track` there again."
        raise TrackingError(msg) from error
