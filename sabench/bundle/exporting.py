"""From a finished run in a results folder to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sabench._version import __version__
from sabench.bundle import archive, content, rows
from sabench.bundle.checks import scores
from sabench.bundle.verifying import verify_content
from sabench.errors import ResultsError, SabenchError
from sabench.hashing import plain
from sabench.machine.files import write_bytes
from sabench.protocols import compact
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.results.runs import CellRecord, RunRecord
from sabench.stats import metrics


def export(
    results: Results, run: RunRecord, output: Path, *, labels_shareable: bool, registry: Registry | None = None
) -> None:
    """Write a finished run as a bundle; the same run gives the same bytes.

    Args:
        results: where the run is.
        run: what to export, with all its draws.
        output: the file; one that is there already is replaced.
        labels_shareable: whether the true classes may be part of it.
        registry: where the run's adapter is found.

    Raises:
        ResultsError: the run is not complete, its adapter is not installed, or the file cannot be written.
        BundleError: what the results folder holds does not agree with itself.
    """
    if run.status != "complete":
        done = sum(cell.status == "complete" for cell in results.cells(run))
        msg = (
            f"Run {run.run_id} is {run.status}: {done} of {len(run.folds)} folds are there. "
            "Repeat its command to complete it, then export it."
        )
        raise ResultsError(msg)
    packed = archive.pack(_members(results, run, registry or Registry(), with_labels=labels_shareable))
    verify_content(content.parse(packed))
    write_bytes(output, packed)


def may_share_labels(registry: Registry, run: RunRecord) -> bool:
    """Return whether the true classes of a run may leave this machine: its corpus allows it, or is simulated."""
    return run.simulated or bool(registry.get("datasets", run.dataset).labels_shareable)


def _members(results: Results, run: RunRecord, registry: Registry, *, with_labels: bool) -> dict[str, bytes]:
    cells = tuple(results.cells(run))
    cells_json, environment = content.cells_json(cells)
    predictions = {draw: results.predictions(run, draw) for draw in run.draws}
    run_json = content.run_json(run, _evaluation_parameters(registry, run), _grid(results, cells), __version__)
    texts = {
        content.CARD: compact.compact(results.card(run.protocol_hash)),
        content.RUN: run_json,
        content.CELLS: cells_json,
        content.ENVIRONMENT: environment,
        content.SCORES: {
            draw: scores.told(metrics.scores(of_draw), of_draw.classes) for draw, of_draw in predictions.items()
        },
    }
    tables = {rows.member_of(draw): rows.written(p, with_labels=with_labels) for draw, p in predictions.items()}
    return {**{name: archive.json_bytes(plain(value)) for name, value in texts.items()}, **tables}


def _evaluation_parameters(registry: Registry, run: RunRecord) -> tuple[str, ...]:
    try:
        adapter: Any = registry.get("adapters", run.method.adapter.name)
    except SabenchError as error:
        msg = f"Run {run.run_id} cannot be exported without its adapter: {error}"
        raise ResultsError(msg) from error
    return tuple(adapter.evaluation_parameters)


def _grid(results: Results, cells: tuple[CellRecord, ...]) -> dict[str, list[Any]]:
    """Return the grid that was searched, from what the search tried; empty where there was none."""
    grid: dict[str, list[Any]] = {}
    for cell in cells:
        fit = results.cell(cell.fit_key).fit()
        for tried in fit.search.search if fit and fit.search else []:
            for name, value in tried.parameters.items():
                if value not in grid.setdefault(name, []):
                    grid[name].append(value)
    return grid
