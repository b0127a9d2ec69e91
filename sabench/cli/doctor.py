"""`sabench doctor`: whether this machine has what sabench needs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from sabench.cli.choices import JsonOption, ResultsOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(results: ResultsOption = None, json: JsonOption = False) -> None:
    """Look at plugins, libraries, devices, corpora, folders and MLflow; exit status 1 where something is at fault."""
    from sabench.cli.output import message, print_json, table
    from sabench.doctor import examine

    seen = examine(results or Path("sabench-results"))
    faults = [one for one in seen if one.state == "fault"]
    if json:
        print_json({"findings": [asdict(one) for one in seen], "faults": len(faults)})
    else:
        rows = [[one.what, one.state, one.words, one.advice] for one in seen]
        table("This machine", ["what", "state", "what is there", "what to do"], rows, drop=("what to do",))
        message("Nothing is at fault." if not faults else f"{len(faults)} at fault.")
        for one in faults:
            message(f"{one.what}: {one.words}. {one.advice}".strip())
    if faults:
        raise typer.Exit(1)
