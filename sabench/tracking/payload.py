"""What is logged of a run: tags, parameters, metrics and files, from records alone, without MLflow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sabench.interfaces.records import Component
    from sabench.results.runs import CellRecord, RunRecord
    from sabench.stats.intervals import Interval
    from sabench.stats.metrics import Scores

RUN_ID = "sabench.run_id"
RESULTS = "sabench.results"
FOLD = "sabench.fold"
FIT_KEY = "sabench.fit_key"
STATUS = "sabench.status"
ERROR = "sabench.error"
DIGEST = "sabench.digest"
SIMULATED = "simulated"
CONTAMINATED = "contaminated"
PARENT = "mlflow.parentRunId"
CONTEXT = "evaluation"
"""What a run does with its dataset, in MLflow's words."""

LONGEST_VALUE = 6000
"""Characters of a parameter or tag that MLflow takes."""


def name_of(run: RunRecord) -> str:
    """Return the name that MLflow shows for a run: its id, by which `sabench show` and `compare` know it too."""
    return f"{run.run_id}{run.mark}"


def tags_of(run: RunRecord, results: str) -> dict[str, str]:
    """Return what a run and its folds are searched by, without what changes while it goes on."""
    return {
        RUN_ID: run.run_id,
        RESULTS: results,
        SIMULATED: str(run.simulated).lower(),
        CONTAMINATED: str(run.contaminated).lower(),
        "dataset": run.dataset,
        "task": run.task,
        "adapter": run.method.name,
        "protocol": run.protocol,
        "protocol_hash": run.protocol_hash,
        "access": str(run.method.access),
    }


def fold_tags_of(run: RunRecord, results: str, fold: str, parent: str) -> dict[str, str]:
    """Return the tags of a fold's run under its parent."""
    own = {FOLD: fold, FIT_KEY: run.folds[fold], PARENT: parent}
    return tags_of(run, results) | own


def params_of(run: RunRecord) -> dict[str, str]:
    """Return the parameters of a run, those of its plugins under their role."""
    method = run.method
    params: dict[str, Any] = {
        "adapter": method.adapter.name,
        "normaliser": method.normaliser.name if method.normaliser else None,
        "features": method.features.name,
        "access": str(method.access),
        "dataset": run.dataset,
        "task": run.task,
        "protocol": run.protocol,
        "protocol_hash": run.protocol_hash,
        "seed": run.seed,
        "threads": run.threads,
        "device": run.device,
    }
    for role, part in (("adapter", method.adapter), ("normaliser", method.normaliser), ("features", method.features)):
        params |= _component(role, part)
    return {key_of(name): text_of(value) for name, value in params.items()}


def _component(role: str, part: Component | None) -> dict[str, Any]:
    if part is None:
        return {}
    return {f"{role}.{name}": value for name, value in part.parameters.items()} | {f"{role}.version": part.version}


def dataset_of(run: RunRecord, card: Mapping[str, Any], scores: Scores) -> dict[str, str]:
    """Return what MLflow shows as the dataset of a run: name, digest, and where it comes from, without a path."""
    source = {"dataset": run.dataset, "task": run.task, "protocol": run.protocol, "protocol_hash": run.protocol_hash}
    profile = {"n_scored": scores.n_scored, "n_speakers": scores.n_speakers, "classes": list(card.get("classes", ()))}
    return {
        "name": f"{run.dataset}:{run.task}",
        "digest": str(card.get("corpus", ""))[:36],
        "source_type": f"sabench{run.mark}",
        "source": json.dumps(source),
        "profile": json.dumps(profile),
    }


def fold_metrics(cell: CellRecord, uar: float | None, n_epochs: int) -> dict[str, float]:
    """Return the numbers of a fold that is done."""
    values: dict[str, Any] = {
        "uar": uar,
        "seconds": cell.seconds,
        "n_training_speakers": cell.n_training_speakers,
        "n_train": cell.n_train,
        "n_parameters": cell.n_parameters,
        "n_epochs": n_epochs or None,
    }
    return numbers(values)


def run_metrics(
    scores: Mapping[str, Scores], interval: Interval, cells: Sequence[CellRecord], classes: Sequence[str]
) -> dict[str, float]:
    """Return the numbers of a complete run.

    Args:
        scores: by draw, the first being the run's own.
        interval: of its score, over speakers.
        cells: its folds.
        classes: labels in class order.
    """
    (_, first), *others = scores.items()
    values: dict[str, Any] = {
        "uar_mean": first.uar_mean,
        "uar_pooled": first.uar_pooled,
        "n_scored": first.n_scored,
        "n_folds": first.n_folds,
        "n_speakers": first.n_speakers,
        "uar_low": interval.low,
        "uar_high": interval.high,
        "uar_worst_speaker": first.worst_speaker[1],
        "gini": first.gini,
        "iswf": first.iswf,
        "seconds": sum(cell.seconds or 0.0 for cell in cells),
    }
    values |= {f"recall/{name}": float(value) for name, value in zip(classes, first.recall_per_class, strict=True)}
    for draw, those in others:
        values |= {f"uar_mean/{draw}": those.uar_mean, f"uar_pooled/{draw}": those.uar_pooled}
    return numbers(values)


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return what MLflow can keep as metrics: finite numbers under names that it takes.

    >>> numbers({"loss": 0.5, "recall/Wut?": 1, "lr": None, "gain": float("nan"), "note": "x"})
    {'loss': 0.5, 'recall/Wut_': 1.0}
    """
    kept: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, (int, float)) and math.isfinite(value):
            kept[key_of(name)] = float(value)
    return kept


_OF_FOLD = frozenset(("uar", "seconds", "n_training_speakers", "n_train", "n_parameters", "n_epochs"))


def epochs(history: Iterable[Mapping[str, Any]], after: int) -> dict[int, dict[str, float]]:
    """Return the numbers of each epoch later than `after`; the last line of an epoch counts.

    A curve must not take the name of a number of the whole fold, or neither could be compared.

    >>> epochs([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0, "seconds": 7}], after=1)
    {2: {'epoch': 2.0, 'loss': 1.0, 'epoch_seconds': 7.0}}
    """
    lines = {int(line["epoch"]): numbers(_curves(line)) for line in history if "epoch" in line}
    return {epoch: lines[epoch] for epoch in sorted(lines) if epoch > after}


def _curves(line: Mapping[str, Any]) -> dict[str, Any]:
    return {f"epoch_{name}" if name in _OF_FOLD else name: value for name, value in line.items()}


def key_of(name: str) -> str:
    """Return a name that MLflow takes: letters, digits, `_-. /`, no empty parts (a colon only off Windows).

    >>> key_of("recall/Ärger?"), key_of("a//b/../c")
    ('recall/Ärger_', 'a/b/_/c')
    """
    parts = (re.sub(r"[^\w\-. ]", "_", part) for part in name.split("/") if part)
    return "/".join("_" if part.strip(".") == "" else part for part in parts)[:250]


def text_of(value: Any) -> str:
    """Return a parameter's value as text, cut where MLflow would refuse its length.

    >>> text_of(0.1), text_of(None), text_of([1, 2])
    ('0.1', 'None', '[1, 2]')
    """
    text = value if isinstance(value, str) else repr(value) if _plain(value) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float))
