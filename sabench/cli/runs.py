"""`sabench runs`: what a results folder holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import open_results

if TYPE_CHECKING:
    from sabench.results.runs import RunRecord

DROP = ("created", "draws", "protocol", "seed", "dataset", "method", "status")
COLUMNS = ("run", "method", "dataset", "protocol", "seed", "draws", "status", "created")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("runs")(runs)


def runs(
    adapter: Annotated[
        list[str] | None,
        typer.Option("--adapter", "-a", help="Only this method; repeat it.", autocompletion=choices.names("adapters")),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", "-d", help="Only this dataset, or dataset:task; repeat it."),
    ] = None,
    status: Annotated[str | None, typer.Option(help="Only complete, partial or failed ones.")] = None,
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """List the runs of a results folder, oldest first; damaged ones with the reason."""
    from sabench.cli.output import message, print_json, table

    folder = open_results(results)
    shown = [run for run in folder.runs() if _is_asked_for(run, adapter, dataset, status)]
    damaged = folder.unreadable()
    if json:
        print_json({"runs": [_facts(run) for run in shown], "damaged": damaged})
        return
    if shown:
        table(f"{len(shown)} runs", COLUMNS, [list(_cells(run).values()) for run in shown], drop=DROP)
    else:
        message("No such run is there.")
    for name, reason in damaged.items():
        message(f"Damaged: {name}: {reason}")


def _is_asked_for(run: RunRecord, adapter: list[str] | None, dataset: list[str] | None, status: str | None) -> bool:
    return (
        (not adapter or run.method.name in choices.parts(adapter))
        and (not dataset or bool({run.dataset, f"{run.dataset}:{run.task}"} & {*choices.parts(dataset)}))
        and (status is None or run.status == status)
    )


def _facts(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "adapter": run.method.name,
        "variant": run.method.variant,
        "dataset": run.dataset,
        "task": run.task,
        "simulated": run.simulated,
        "contaminated": run.contaminated,
        "protocol": run.protocol,
        "protocol_hash": run.protocol_hash,
        "seed": run.seed,
        "draws": list(run.draws),
        "status": run.status,
        "created": run.created,
    }


def _cells(run: RunRecord) -> dict[str, str]:
    return {
        "run": run.run_id,
        "method": run.method.title,
        "dataset": f"{run.dataset} {run.task}{run.mark}",
        "protocol": f"{run.protocol} {run.protocol_hash[:8]}",
        "seed": str(run.seed),
        "draws": ", ".join(run.draws),
        "status": run.status,
        "created": run.created[:16].replace("T", " "),
    }
