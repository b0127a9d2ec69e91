"""`sabench protocol show`: the card that says what is comparable."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption

app = typer.Typer(help="See how a dataset becomes folds.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """See how a dataset becomes folds."""


@app.command()
def show(
    dataset: Annotated[str, typer.Option(help="A dataset.", autocompletion=choices.names("datasets"))],
    task: choices.TaskOption = None,
    root: choices.RootOption = None,
    protocol: choices.ProtocolOption = None,
    pool: choices.PoolOption = None,
    simulated: choices.SimulatedOption = False,
    scale: choices.ScaleOption = None,
    twin_seed: choices.TwinSeedOption = None,
    speaker_effect: choices.EffectOption = None,
    json: JsonOption = False,
) -> None:
    """Print the protocol card of a dataset, with the hash that makes results comparable."""
    from sabench.cli.output import print_json
    from sabench.cli.watching import Watcher
    from sabench.registry.registry import Registry
    from sabench.running import preparation
    from sabench.running.plan import Plan

    given = {
        "root": root,
        "task": task,
        "protocol": protocol,
        "pool": pool,
        "twin": choices.twin(simulated, scale, twin_seed, speaker_effect),
    }
    values = {key: value for key, value in given.items() if value is not None}
    plan = Plan.build({"adapters": ["any"], "datasets": [dataset], **values})
    source, corpus = preparation.corpus(plan, Registry(), dataset, Watcher())
    made = preparation.protocol(plan, source, corpus)
    if json:
        print_json({"hash": made.hash, "card": dict(made.card), "shortfalls": [str(s) for s in made.shortfalls]})
    else:
        _print(made.hash, dict(made.card), [str(short) for short in made.shortfalls])


def _print(identity: str, card: dict[str, Any], shortfalls: list[str]) -> None:
    from sabench.cli.output import table
    from sabench.errors import first_few

    speakers = card["speakers"]
    rows = []
    for fold in card["folds"]:
        tested = [speakers[name] for name in fold["test"]]
        rows.append(
            [
                fold["name"],
                str(len(fold["train"])),
                ", ".join(fold["validation"]) or "none",
                first_few(fold["test"], 4),
                str(sum(len(entry["scored"]) for entry in tested)),
                str(sum(len(entry["neutral"]) + len(entry["unlabelled"]) + len(entry["labelled"]) for entry in tested)),
            ]
        )
    mark = " (simulated)" if card["simulated"] else ""
    table(
        f"{card['dataset']}{mark} {card['task']}, {card['protocol']}",
        ["fold", "training speakers", "validation", "test", "scored", "pool"],
        rows,
    )
    typer.echo(f"classes     {', '.join(card['classes'])}")
    typer.echo(f"pool        {', '.join(f'{key}={value}' for key, value in card['pool'].items())}")
    typer.echo(f"corpus      {card['corpus']}")
    for note in (*card["notes"], *shortfalls):
        typer.echo(f"note        {note}")
    typer.echo(f"hash        {identity}")
