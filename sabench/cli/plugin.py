"""`sabench plugin`: start a plugin, and see whether it is honest."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption, RootOption

if TYPE_CHECKING:
    from sabench.checks import CheckOutcome, Subject

app = typer.Typer(name="plugin", help="Start a plugin of your own, and see whether it is honest.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="plugin")


class Kind(StrEnum):
    """What a plugin can be."""

    adapter = "adapter"
    dataset = "dataset"
    features = "features"
    normaliser = "normaliser"


def _names(incomplete: str) -> list[str]:
    from sabench.registry.registry import KINDS, Registry

    registry = Registry()
    return sorted({name for kind in KINDS for name in registry.names(kind) if name.startswith(incomplete)})


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As users will type it, such as my-method.")],
    kind: Annotated[Kind, typer.Option(help="What it is.")] = Kind.adapter,
    output: Annotated[Path, typer.Option(metavar="DIR", help="In which folder its own is made.")] = Path(),
) -> None:
    """Write a small distribution with a plugin that works, its test and a README."""
    from sabench.cli.output import message
    from sabench.registry.registry import Registry
    from sabench.scaffold import distribution

    place = distribution.write(name, kind, output, Registry())
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        typer.echo(path)
    message(f'Install it: pip install --editable "{place}"')
    message(f"Check it: sabench plugin test {name}")


@app.command("test")
def check_plugin(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="An installed plugin, or a file with one, as in ./my.py.", autocompletion=_names
        ),
    ],
    kind: Annotated[Kind | None, typer.Option(help="Where several plugins have the name.")] = None,
    root: RootOption = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter to check it under, such as epochs=1; repeat it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check that a plugin keeps the rules of its kind; exit status 1 where it breaks one."""
    from sabench.checks.named import subjects
    from sabench.cli.output import print_json
    from sabench.registry.registry import Registry
    from sabench.scaffold.distribution import KINDS

    plural = None if kind is None else KINDS[kind]
    chosen = subjects(Registry(), name, plural, settings=choices.values(settings, "epochs=1"), root=root)
    outcomes = [(subject, _outcomes(subject)) for subject in chosen]
    if json:
        print_json({"plugins": [_facts(subject, those) for subject, those in outcomes]})
    else:
        for subject, those in outcomes:
            _print(subject, those)
    if any(outcome.status == "failed" for _, those in outcomes for outcome in those):
        raise typer.Exit(1)


def _outcomes(subject: Subject) -> list[CheckOutcome]:
    from sabench.checks import checks_of, run
    from sabench.cli.output import progress

    outcomes = []
    total = len(checks_of(subject.kind))
    with progress(f"Checking {subject.registered}") as show:
        for outcome in run(subject):
            outcomes.append(outcome)
            show(min(len(outcomes), total), total)
    return outcomes


def _print(subject: Subject, outcomes: list[CheckOutcome]) -> None:
    from sabench.cli.output import message, table

    rows = [[outcome.check.replace("_", " "), outcome.status, outcome.detail] for outcome in outcomes]
    table(f"{subject.plugin!r}", ["check", "result", "detail"], rows)
    counts = {status: sum(one.status == status for one in outcomes) for status in sorted({o.status for o in outcomes})}
    message(f"{subject.registered}: {', '.join(f'{number} {status}' for status, number in counts.items())}")
    shown: set[str] = set()
    for outcome in outcomes:
        if outcome.status == "failed":
            message(f"{outcome.detail} Why: {outcome.reason}")
            if outcome.own_traceback and outcome.own_traceback not in shown:
                shown.add(outcome.own_traceback)
                message(outcome.own_traceback.rstrip())


def _facts(subject: Subject, outcomes: list[CheckOutcome]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "name": subject.registered,
        "kind": subject.kind,
        "parameters": subject.plugin.parameters(),
        "failed": sum(outcome.status == "failed" for outcome in outcomes),
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }
