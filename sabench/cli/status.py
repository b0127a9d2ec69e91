"""`sabench status`: how far runs are, seen from another terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import open_results

if TYPE_CHECKING:
    from sabench.results.progress import FoldAtWork, Progress

_COLUMNS = ("run", "state", "done", "failed", "at work", "waiting", "left", "expected end")
_DROP = ("waiting", "expected end", "at work")
_MOST_FOLDS = 4


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(
    everything: Annotated[bool, typer.Option("--all", help="Complete runs too.")] = False,
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """Say what is running, done and failed, and when the rest is expected to end."""
    from sabench.cli.output import message, print_json, table
    from sabench.results.progress import progress

    runs = progress(open_results(results))
    shown = [one for one in runs if everything or one.state != "complete"]
    if json:
        print_json({"runs": [one.json() for one in shown]})
        return
    n_complete = sum(one.state == "complete" for one in runs)
    if shown:
        table(f"{len(shown)} of {len(runs)} runs", _COLUMNS, [_row(one) for one in shown], drop=_DROP)
    message(f"{n_complete} of {len(runs)} runs are complete.")
    if any(one.state in ("idle", "failed") for one in shown):
        message("What is idle goes on, and what failed is tried again, when its command is repeated.")


def _row(one: Progress) -> list[str]:
    from datetime import datetime, timedelta

    from sabench.verdicts.wording import duration

    end = "" if one.left_s is None else f"{datetime.now() + timedelta(seconds=one.left_s):%Y-%m-%d %H:%M}"
    return [
        one.run.run_id,
        one.state,
        f"{one.n_done}/{len(one.run.folds)}",
        str(one.n_failed),
        ", ".join(_fold(fold) for fold in one.at_work[:_MOST_FOLDS]),
        str(one.n_waiting),
        "" if one.left_s is None else duration(one.left_s),
        end,
    ]


def _fold(fold: FoldAtWork) -> str:
    epoch = f" epoch {fold.epoch}/{fold.n_epochs}" if fold.n_epochs else f" epoch {fold.epoch}" if fold.epoch else ""
    return f"{fold.fold}{epoch}{'' if fold.alive else ' (no process here)'}"
