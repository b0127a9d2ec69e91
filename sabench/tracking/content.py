"""What the results folder holds of one run, read once for one update."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench.tracking import payload

if TYPE_CHECKING:
    from sabench.interfaces.records import Predictions
    from sabench.results.folder import Results
    from sabench.results.runs import CellRecord, RunRecord
    from sabench.stats.intervals import Interval
    from sabench.stats.metrics import Scores


@dataclass(frozen=True)
class RunContent:
    """One run with its folds.

    Attributes:
        run: its record.
        cells: what is known of every fold, in order.
        histories: one entry an epoch, of each fold.
        predictions: of the folds that are complete, by draw; the draw that scores the run comes first.
        card: the protocol card.
    """

    run: RunRecord
    cells: Sequence[CellRecord]
    histories: Mapping[str, Sequence[Mapping[str, Any]]]
    predictions: Mapping[str, Predictions]
    card: Mapping[str, Any]

    @classmethod
    def read(cls, results: Results, run_id: str) -> RunContent:
        """Read a run.

        Raises:
            ResultsError: there is no such run, or its protocol is gone.
        """
        run = results.run(run_id)
        draws = sorted(run.draws, key=lambda draw: draw != "first")
        return cls(
            run=run,
            cells=results.cells(run),
            histories={fold: results.history(run, fold) for fold in run.folds},
            predictions={draw: results.predictions(run, draw) for draw in draws},
            card=results.card(run.protocol_hash),
        )

    @property
    def complete(self) -> bool:
        """Whether every fold of the run is done."""
        return self.run.status == "complete"

    @cached_property
    def scores(self) -> Mapping[str, Scores]:
        """Scores by draw."""
        from sabench.stats.metrics import scores

        return {draw: scores(those) for draw, those in self.predictions.items()}

    @cached_property
    def interval(self) -> Interval:
        """The score of the run with its interval over speakers."""
        from sabench.stats.intervals import interval
        from sabench.stats.sample import sample

        (own, *_) = self.predictions.values()
        return interval(sample([own], pooled=self.run.pooled, stochastic=self.run.stochastic))

    @property
    def first(self) -> Scores:
        """Scores of the draw that scores the run."""
        return next(iter(self.scores.values()))

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in class order."""
        return next(iter(self.predictions.values())).classes

    def begun(self) -> list[CellRecord]:
        """Return the folds of which there is something to show."""
        return [cell for cell in self.cells if cell.status != "missing" or self.histories[cell.fold]]

    def status(self, *, live: bool) -> str:
        """Return the status that MLflow shows for the run; `live` while somebody works on it."""
        if self.complete:
            return "FINISHED"
        if live:
            return "RUNNING"
        return "FAILED" if any(cell.status == "failed" for cell in self.cells) else "KILLED"

    def metrics(self) -> dict[str, float]:
        """Return the numbers of the run; a run with folds missing has none, lest it look done."""
        return payload.run_metrics(self.scores, self.interval, self.cells, self.classes) if self.complete else {}

    def n_epochs(self, fold: str) -> int:
        """Return how many epochs a fold was trained for; 0 for a method without."""
        return max((int(line["epoch"]) for line in self.histories[fold] if "epoch" in line), default=0)

    @cached_property
    def record(self) -> dict[str, Any]:
        """The whole record of the run as JSON values: what the results folder says of it, with scores."""
        record = asdict(self.run) | {"cells": [_without_environment(cell) for cell in self.cells]}
        record["scores"] = {draw: asdict(those) for draw, those in self.scores.items()}
        plain: dict[str, Any] = _plain(record)
        return plain

    def environments(self) -> list[dict[str, Any]]:
        """Return each environment that folds were fitted in, with the names of those folds."""
        by_hash: dict[str, dict[str, Any]] = {}
        for cell in self.cells:
            if cell.environment:
                entry = _plain(cell.environment)
                key = json.dumps(entry, sort_keys=True)
                by_hash.setdefault(key, {"folds": [], "environment": entry})["folds"].append(cell.fold)
        return list(by_hash.values())

    @cached_property
    def digest(self) -> str:
        """Tells whether the files that were logged once are still those of the results folder."""
        content = [self.record, self.environments(), _plain(self.card)]
        sha = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
        for draw, those in self.predictions.items():
            sha.update(draw.encode() + "\0".join(those.ids).encode() + those.probabilities.tobytes())
        return sha.hexdigest()[:32]


def folder_id(folder: Path) -> str:
    """Return a name for a results folder that moves with it.

    Two folders may hold the same run of two machines; on one server each keeps runs of its own.
    """
    path = folder / "tracking.json"
    try:
        if not path.exists():
            _write_once(path, json.dumps({"id": secrets.token_hex(8)}))
        return str(json.loads(path.read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError):  # a read-only folder can be tracked too; its place is its name
        return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def _write_once(path: Path, text: str) -> None:
    """Write a file unless another process has written it meanwhile."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.link(beside, path)
    except FileExistsError:
        return
    finally:
        beside.unlink(missing_ok=True)


def _without_environment(cell: CellRecord) -> dict[str, Any]:
    return {name: value for name, value in asdict(cell).items() if name != "environment"}


def _plain(value: Any) -> Any:
    """Return JSON values; what is not finite becomes null, as JSON knows no other word for it."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
