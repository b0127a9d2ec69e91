"""The MLflow runs that stand for one run: found by tag, made where they lack, told only what is new."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sabench.tracking import library, payload
from sabench.tracking.content import RunContent
from sabench.tracking.origin import origin_tags

_BATCH = 900  # values; MLflow takes 1000 metrics, parameters and tags together
_FEW = 90  # MLflow takes 100 parameters, and 100 tags, in one batch
_MOST_RUNS = 50_000


@dataclass
class Counts:
    """How many values were new."""

    params: int = 0
    metrics: int = 0


class Mirror:
    """A parent run and a child a fold, on one store."""

    def __init__(self, client: Any, experiment_id: str, content: RunContent, results: str) -> None:
        self.counts = Counts()
        self._client = client
        self._experiment_id = experiment_id
        self._content = content
        self._results = results
        self._parent: Any = None
        self._folds: dict[str, Any] = {}
        self._find()

    @property
    def parent_id(self) -> str:
        """The parent's id on the store."""
        return str(self._parent.info.run_id)

    def write(self, *, live: bool) -> None:
        """Bring parameters, metrics, tags and status of parent and folds up to date, the parent's status excepted."""
        run = self._content.run
        if self._parent is None:
            self._parent = self._create(payload.name_of(run), payload.tags_of(run, self._results))
        for cell in self._content.begun():
            self._write_fold(cell, live=live)
        status = "running" if self._content.status(live=live) == "RUNNING" else run.status
        self._log(
            self._parent,
            params=payload.params_of(run),
            metrics=self._content.metrics(),
            tags={payload.STATUS: status},
        )
        if self._content.complete and not self._parent.inputs.dataset_inputs:
            self._log_dataset()

    def holds_files(self, names: tuple[str, ...]) -> bool:
        """Whether the files of this very content are there."""
        if self._parent.data.tags.get(payload.DIGEST) != self._content.digest:
            return False
        there = {item.path for item in self._client.list_artifacts(self.parent_id)}
        return there.issuperset(names)

    def tell_files(self) -> None:
        """Note that the files of this content are there."""
        self._client.set_tag(self.parent_id, payload.DIGEST, self._content.digest)

    def close(self, *, live: bool) -> str:
        """Give the parent its status, and return it."""
        status = self._content.status(live=live)
        self._set_status(self._parent, status, sum(cell.seconds or 0.0 for cell in self._content.cells))
        return status

    def _find(self) -> None:
        """Look the runs up; where a name is there twice, the oldest stands."""
        run_id = self._content.run.run_id
        for kept in self._client.search_runs(
            [self._experiment_id],
            filter_string=f"tags.`{payload.RUN_ID}` = '{run_id}' and tags.`{payload.RESULTS}` = '{self._results}'",
            max_results=_MOST_RUNS,
            order_by=["attributes.start_time DESC"],
        ):
            fold = kept.data.tags.get(payload.FOLD)
            if fold is None:
                self._parent = kept
            else:
                self._folds[fold] = kept

    def _write_fold(self, cell: Any, *, live: bool) -> None:
        run = self._content.run
        child = self._folds.get(cell.fold)
        if child is None:
            tags = payload.fold_tags_of(run, self._results, cell.fold, self.parent_id)
            child = self._folds[cell.fold] = self._create(cell.fold, tags)
        self._log_epochs(child, self._content.histories[cell.fold])
        done = cell.status == "complete"
        uar = self._content.first.uar_per_fold.get(cell.fold)
        self._log(
            child,
            params={f"chosen.{name}": payload.text_of(value) for name, value in (cell.chosen or {}).items()},
            metrics=payload.fold_metrics(cell, uar, self._content.n_epochs(cell.fold)) if done else {},
            tags=self._tags_that_change(cell),
        )
        unfinished = "RUNNING" if live else "KILLED"
        status = {"complete": "FINISHED", "failed": "FAILED"}.get(cell.status, unfinished)
        self._set_status(child, status, cell.seconds or 0.0)

    def _tags_that_change(self, cell: Any) -> dict[str, str]:
        """Return a fold's tags that may differ from those it was made with; a deleted parent is followed by another."""
        error = {payload.ERROR: cell.error[: payload.LONGEST_VALUE]} if cell.error else {}
        return {payload.PARENT: self.parent_id, **error}

    def _log_dataset(self) -> None:
        kinds = library.entities()
        facts = payload.dataset_of(self._content.run, self._content.card, self._content.first)
        context = kinds.InputTag("mlflow.data.context", payload.CONTEXT)
        self._client.log_inputs(self.parent_id, [kinds.DatasetInput(kinds.Dataset(**facts), [context])])

    def _create(self, name: str, tags: Mapping[str, str]) -> Any:
        every = {**origin_tags(), **tags}
        return self._client.create_run(self._experiment_id, start_time=self._start_ms, tags=every, run_name=name)

    @property
    def _start_ms(self) -> int:
        return int(datetime.fromisoformat(self._content.run.created).timestamp() * 1000)

    def _log(
        self, run: Any, *, params: Mapping[str, str], metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        """Log what the store does not hold; a parameter that is there stands, for MLflow lets none change."""
        new_params = {name: value for name, value in params.items() if name not in run.data.params}
        new_metrics = {name: value for name, value in metrics.items() if run.data.metrics.get(name) != value}
        new_tags = {name: value for name, value in tags.items() if run.data.tags.get(name) != value}
        kinds, run_id = library.entities(), run.info.run_id
        for some in _chunks([kinds.Param(name, value) for name, value in new_params.items()], _FEW):
            self._client.log_batch(run_id, params=some)
        now = _now_ms()
        for few in _chunks([kinds.Metric(name, value, now, 0) for name, value in new_metrics.items()], _BATCH):
            self._client.log_batch(run_id, metrics=few)
        if new_tags:
            self._client.log_batch(run_id, tags=[kinds.RunTag(name, value) for name, value in new_tags.items()])
        self.counts.params += len(new_params)
        self.counts.metrics += len(new_metrics)

    def _log_epochs(self, run: Any, history: Any) -> None:
        """Log the epochs after the last one that the store holds, which its own metric `epoch` tells.

        An epoch's values go in one batch, which is one transaction: never half an epoch.
        """
        last = int(run.data.metrics.get("epoch", 0))
        metric, now = library.entities().Metric, _now_ms()
        batch: list[Any] = []
        for epoch, values in payload.epochs(history, last).items():
            line = [metric(name, value, now, epoch) for name, value in values.items()]
            if len(batch) + len(line) > _BATCH:
                self._send(run, batch)
                batch = []
            batch += line
        self._send(run, batch)

    def _send(self, run: Any, metrics: list[Any]) -> None:
        if metrics:
            self._client.log_batch(run.info.run_id, metrics=metrics)
            self.counts.metrics += len(metrics)

    def _set_status(self, run: Any, status: str, seconds: float) -> None:
        """Set a status that differs; the time shown is that of the work, also where it was logged weeks later."""
        if run.info.status == status:
            return
        if status == "RUNNING":
            self._client.update_run(run.info.run_id, status=status)
        else:
            end_ms = min(self._start_ms + int(1000 * seconds), _now_ms())
            self._client.set_terminated(run.info.run_id, status=status, end_time=end_ms)


def _chunks(values: list[Any], size: int) -> Iterator[list[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _now_ms() -> int:
    return int(time.time() * 1000)
