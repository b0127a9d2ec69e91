"""`sabench protocol show`: the card that says what is comparable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption

if TYPE_CHECKING:
    from sabench.corpora.published_splits import Shared

app = typer.Typer(help="See how a dataset becomes folds.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="protocol")


@app.callback()
def _group() -> None:
    """See how a dataset becomes folds."""


@app.command()
def show(
    dataset: Annotated[str, typer.Option(help="A dataset.", autocompletion=choices.names("datasets"))],
    task: choices.TaskOption = None,
    root: choices.RootOption = None,
    protocol: choices.ProtocolOption = None,
    folds: choices.FoldsOption = None,
    train_on: choices.TrainOnOption = None,
    labels: choices.LabelsOption = None,
    text_disjoint: choices.TextDisjointOption = None,
    training_speakers: choices.TrainingSpeakersOption = None,
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
    from sabench.protocols import texts
    from sabench.registry.registry import Registry
    from sabench.running import preparation
    from sabench.running.plan import Plan

    given = {
        "root": root,
        "task": task,
        "protocol": protocol,
        "folds": folds,
        "train_on": train_on,
        "labels": labels,
        "text_disjoint": text_disjoint,
        "training_speakers": training_speakers,
        "pool": pool,
        "twin": choices.twin(simulated, scale, twin_seed, speaker_effect),
    }
    values = {key: value for key, value in given.items() if value is not None}
    plan = Plan.build({"adapters": ["any"], "datasets": [dataset], **values})
    source, corpus = preparation.corpus(plan, Registry(), dataset, Watcher())
    planned = preparation.protocol(plan, source, corpus)
    shortfalls = [str(short) for short in planned.shortfalls]
    shared = texts.sharing(planned.folds, corpus.table)
    if json:
        print_json({"hash": planned.hash, "card": dict(planned.card), "shortfalls": shortfalls, "shared_texts": shared})
    else:
        _print(planned.hash, dict(planned.card), [*shortfalls, *([shared] if shared else [])])


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, TSV or JSON lines; one, or one a part.")],
    speaker_in: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Its group names the speaker in a file's name: '^(\\d+)_'."),
    ] = None,
    text_in: Annotated[str | None, typer.Option(metavar="REGEX", help="The same for the sentence.")] = None,
    json: JsonOption = False,
) -> None:
    """Say which speakers, sentences and recordings a published split has on two sides; exit status 1 where it leaks."""
    from dataclasses import asdict

    from sabench.cli.output import message, print_json, table
    from sabench.corpora import published_splits
    from sabench.errors import first_few

    patterns = {"speaker": speaker_in, "text": text_in}
    rows = published_splits.read(files, {what: pattern for what, pattern in patterns.items() if pattern})
    shared = published_splits.compare(rows)
    if json:
        print_json({"utterances": len(rows), "shared": [{**asdict(one), "leaks": one.leaks} for one in shared]})
    else:
        cells = [
            [one.first, one.second, one.what, f"{len(one.names)} of {one.of}", f"{one.rows} of {one.of_rows}",
             first_few(one.names) or "-"]
            for one in shared
        ]  # fmt: skip
        table(f"{len(rows)} utterances", ["part", "other part", "what", "shared", "utterances", "which"], cells)
        message(_verdict(shared))
    if any(one.leaks for one in shared):
        raise typer.Exit(1)


def _verdict(shared: list[Shared]) -> str:
    if not shared:
        return "There is one part only, so nothing can be compared."
    if any(one.leaks for one in shared):
        return "It leaks: a result under this split says less than it seems."
    return "No speaker and no recording stands on two sides."


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
