"""What `--dry-run` and `--print-plan` print, for every command that runs something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from sabench.running.costs import Estimate
    from sabench.running.plan import Plan

_DROP = ("parameters", "on", "seed", "training utterances", "access")
"""Columns that a narrow terminal lacks, the first first."""


def print_plans(plans: Sequence[Plan]) -> None:
    """Print each plan as TOML; several are parted by a line that says which it is."""
    for number, plan in enumerate(plans, 1):
        if len(plans) > 1:
            typer.echo(f"# Plan {number} of {len(plans)}. In a file of its own: sabench run --plan FILE")
        typer.echo(plan.toml(), nl=number < len(plans))


def print_estimates(plans: Sequence[Plan], json: bool) -> None:
    """Print what is left of plans and what it is expected to cost."""
    from sabench.cli.output import message, print_json, table
    from sabench.cli.watching import Watcher
    from sabench.registry.registry import Registry
    from sabench.running.estimates import estimates
    from sabench.verdicts.wording import duration

    left = estimates(plans, Registry(), Watcher())
    if json:
        print_json({"runs": [_facts(estimate) for estimate in left]})
        return
    if not left:
        message("Nothing would run: every fold is complete.")
        return
    columns = ["method", "dataset", "access", "seed", "folds", "training utterances", "parameters", "on", "estimate"]
    table("What would run", columns, [_row(estimate) for estimate in left], drop=_DROP)
    if len(left) > 1:
        typer.echo(f"Together: about {duration(sum(estimate.elapsed_s for estimate in left))}.")
    for told in dict.fromkeys(text for each in left for text in (each.note, each.cell.advice) if text):
        message(told)


def _facts(estimate: Estimate) -> dict[str, Any]:
    return {
        **asdict(estimate.cell),
        "run_id": estimate.run.run_id,
        "folds": estimate.n_folds,
        "n_train": estimate.n_train,
        "seconds": estimate.seconds,
        "at_once": estimate.at_once,
        "elapsed_s": estimate.elapsed_s,
    }


def _row(estimate: Estimate) -> list[str]:
    from sabench.verdicts.wording import duration

    run, threads = estimate.run, estimate.run.threads
    return [
        run.method.title,
        f"{run.dataset} {run.task}",
        str(run.method.access),
        str(run.seed),
        str(estimate.n_folds),
        str(estimate.n_train),
        "" if estimate.cell.parameters is None else f"{estimate.cell.parameters:,}",
        f"{run.device}, {estimate.at_once} × {threads} thread{'s' * (threads != 1)}",
        duration(estimate.elapsed_s),
    ]
