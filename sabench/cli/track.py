"""`sabench track`: bring an MLflow store up to what a results folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sabench.cli.choices import JsonOption, ResultsOption

if TYPE_CHECKING:
    from sabench.results.folder import Results
    from sabench.tracking.tracker import Logged, Tracker


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("track")(track)


def track(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="Ids of runs or their beginnings; all by default.")
    ] = None,
    results: ResultsOption = None,
    uri: Annotated[
        str | None,
        typer.Option(help="Of the store; otherwise MLFLOW_TRACKING_URI or mlflow.db beside the results."),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="Its experiment; otherwise MLFLOW_EXPERIMENT_NAME, otherwise sabench.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write to MLflow what it lacks of the runs in a results folder; repeating it writes nothing twice."""
    from sabench.results.folder import Results
    from sabench.tracking.tracker import Tracker

    held = Results(results or Path("sabench-results"))
    chosen = _chosen(held, runs or [])
    tracker = Tracker(held, uri=uri, experiment=experiment)
    logged = _log(tracker, chosen)
    _print(tracker, logged, json)


def _chosen(results: Results, runs: list[str]) -> list[str]:
    from sabench.errors import ResultsError

    names = [results.run(run).run_id for run in runs] or [record.run_id for record in results.runs()]
    if not names:
        msg = f"{results.folder} holds no run. Name the folder with --results, or make one with: sabench run"
        raise ResultsError(msg)
    return list(dict.fromkeys(names))


def _log(tracker: Tracker, runs: list[str]) -> list[Logged]:
    from sabench.cli.output import progress

    logged = []
    with progress("Writing to MLflow") as show:
        for number, run in enumerate(runs):
            show(number, len(runs))
            logged.append(tracker.finish(run))
        show(len(runs), len(runs))
    return logged


def _print(tracker: Tracker, logged: list[Logged], json: bool) -> None:
    from dataclasses import asdict

    from sabench.cli.output import message, print_json, table

    if json:
        store = {"uri": tracker.address.shown, "experiment": tracker.address.experiment}
        print_json({**store, "runs": [asdict(one) for one in logged]})
        return
    rows = [[one.run_id, one.status.lower(), one.folds, one.params, one.metrics, len(one.files)] for one in logged]
    title = f"Written to {tracker.address.shown}, experiment {tracker.address.experiment}"
    table(title, ["run", "shown as", "folds", "new parameters", "new values", "new files"], rows)
    message(f"See it with: {tracker.address.ui}" if tracker.address.ui else f"See it at {tracker.address.shown}")
