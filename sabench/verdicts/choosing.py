"""Which runs a user means by a name: a run's id or its beginning, a method, or a method on a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sabench.errors import ResultsError, did_you_mean
from sabench.hashing import plain
from sabench.results.runs import RunRecord
from sabench.results.sources import RunSource
from sabench.verdicts.entries import identity


class AmbiguousRun(ResultsError):
    """A name that several different runs answer to.

    Attributes:
        differences: what tells them apart, a column each, and the runs, a row each.
    """

    def __init__(self, name: str, runs: Sequence[RunRecord]) -> None:
        self.differences = differing(runs)
        super().__init__(f"{name!r} may be any of {len(runs)} runs; name one by its id, or by how that begins.")


def chosen(source: RunSource, name: str) -> RunRecord:
    """Return the one run that a name means; of seeds of one method under one protocol the newest.

    Raises:
        AmbiguousRun: several different runs answer to it.
        ResultsError: none does.
    """
    return _newest_of_one(name, candidates(source, name))


def chosen_pair(source: RunSource, first: str, second: str) -> tuple[RunRecord, RunRecord]:
    """Return two runs that names mean, under one protocol where both may be found under one.

    Raises:
        AmbiguousRun: several different runs answer to one of them.
        ResultsError: no run does.
    """
    sides = candidates(source, first), candidates(source, second)
    shared = {run.protocol_hash for run in sides[0]} & {run.protocol_hash for run in sides[1]}
    if shared:
        sides = tuple([run for run in side if run.protocol_hash in shared] for side in sides)  # type: ignore[assignment]
    return _newest_of_one(first, sides[0]), _newest_of_one(second, sides[1])


def candidates(source: RunSource, name: str) -> list[RunRecord]:
    """Return the runs that answer to a name, the first of these that any does: id, method, dataset, beginning of an id.

    A method is named as `svm`, or with its dataset and task as `svm:emodb` or `svm:emodb:7class`.

    Raises:
        ResultsError: none answers.
    """
    runs = source.runs()
    method, _, place = name.partition(":")
    ways = (
        [run for run in runs if run.run_id == name],
        [run for run in runs if run.method.title == name],
        [run for run in runs if run.method.name == method and _is_at(run, place)],
        [run for run in runs if run.run_id.startswith(name)],
    )
    for matching in ways:
        if matching:
            return matching
    known = sorted({run.method.name for run in runs} | {run.run_id for run in runs})
    msg = f"No run is called {name!r}.{did_you_mean(name, known)} List them with: sabench runs"
    raise ResultsError(msg)


def differing(runs: Iterable[RunRecord]) -> tuple[list[str], list[list[str]]]:
    """Return the columns in which runs differ, and their values, a row a run."""
    facts = [_facts(run) for run in runs]
    names = list(dict.fromkeys(name for fact in facts for name in fact))
    varied = [name for name in names if len({fact.get(name) for fact in facts}) > 1]
    return varied, [[fact.get(name) or "-" for name in varied] for fact in facts]


def _is_at(run: RunRecord, place: str) -> bool:
    dataset, _, task = place.partition(":")
    return (not dataset or run.dataset == dataset) and (not task or run.task == task)


def _newest_of_one(name: str, runs: Sequence[RunRecord]) -> RunRecord:
    if len({identity(run) for run in runs}) > 1:
        raise AmbiguousRun(name, runs)
    return runs[-1]


def _facts(run: RunRecord) -> Mapping[str, str]:
    values: dict[str, Any] = {
        "run": run.run_id,
        "method": run.method.title,
        "dataset": f"{run.dataset}:{run.task}",
        "protocol": run.protocol,
        "protocol hash": run.protocol_hash[:8],
        "access": run.method.access,
        "features": run.method.features.name,
        "threads": run.threads,
        "device": run.device,
        "status": run.status,
    }
    for owner in (run.method.adapter, run.method.normaliser, run.method.features):
        if owner is not None:
            values |= {f"{owner.name}.{name}": value for name, value in plain(owner.parameters).items()}
            values[f"{owner.name} version"] = owner.version
    return {name: str(value) for name, value in values.items()}
