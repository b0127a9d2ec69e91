"""`sabench curve`: UAR against the number of enrolment utterances."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption

if TYPE_CHECKING:
    from sabench.curve.points import Curve

_KS = (0, 1, 2, 5, 10)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("curve")(curve)


def curve(
    adapter: Annotated[
        list[str],
        typer.Option("--adapter", "-a", help="A method; repeat it.", autocompletion=choices.names("adapters")),
    ],
    dataset: Annotated[
        str,
        typer.Option("--dataset", "-d", help="A dataset, or dataset:task.", autocompletion=choices.names("datasets")),
    ],
    more: Annotated[list[str] | None, typer.Argument(metavar="[K]...", help="More numbers, behind --k.")] = None,
    k: Annotated[
        list[str] | None, typer.Option("--k", help="Enrolment utterances, as in --k 0,1,2,5,10 (the default).")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Random draws out of the pool.")] = 5,
    task: choices.TaskOption = None,
    root: choices.RootOption = None,
    features: Annotated[str | None, typer.Option(help="Instead of each method's own features.")] = None,
    normaliser: Annotated[str | None, typer.Option(help="In front of every method that has none.")] = None,
    preset: Annotated[str | None, typer.Option(help="A named set of parameters, such as small or paper.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="svm.C=0.1 for one plugin, adapter.C=0.1 for all; repeat it.")
    ] = None,
    protocol: choices.ProtocolOption = None,
    seed: Annotated[list[int] | None, typer.Option(help="Runs of each; repeat it.")] = None,
    simulated: choices.SimulatedOption = False,
    scale: choices.ScaleOption = None,
    twin_seed: choices.TwinSeedOption = None,
    speaker_effect: choices.EffectOption = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Folds side by side; no number depends on it.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of each fold; part of a run's identity.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")] = None,
    results: choices.ResultsOption = None,
    track: Annotated[bool | None, typer.Option(help="Whether to write to MLflow.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The picture, .png, .svg or .pdf; in the results folder by default."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="The table as CSV; beside the picture by default.")] = None,
    json: JsonOption = False,
) -> None:
    """Draw UAR against k enrolment utterances on the same scored utterances; repeating the command resumes it."""
    from sabench.cli.output import message, print_json
    from sabench.cli.watching import Watcher
    from sabench.curve.drawing import draw, refuse_format
    from sabench.curve.measure import curve as measure
    from sabench.machine.files import write_bytes
    from sabench.running.plan import Plan

    ks = _numbers([*(k or ()), *(more or ())]) or _KS
    if output:
        refuse_format(output)  # before hours of work
    flags: dict[str, Any] = {
        "adapters": adapter,
        "datasets": [dataset],
        "task": task,
        "root": root,
        "features": features,
        "normaliser": normaliser,
        "preset": preset,
        "settings": choices.values(settings),
        "protocol": protocol,
        "seeds": seed,
        "twin": choices.twin(simulated, scale, twin_seed, speaker_effect),
        "jobs": jobs,
        "threads": threads,
        "device": device,
        "results": results,
        "track": track,
    }
    plan = Plan.build({key: value for key, value in flags.items() if value not in (None, [])})
    measured = measure(plan, ks, draws, observer=Watcher())
    picture = output or plan.results / f"curve-{measured.dataset}-{measured.task}.png"
    table = csv or picture.with_suffix(".csv")
    write_bytes(table, measured.csv().encode())
    draw(measured, picture)
    if json:
        print_json({**measured.json(), "picture": str(picture), "csv": str(table)})
    else:
        _print(measured)
    message(f"Wrote {picture} and {table}")


def _numbers(texts: list[str]) -> tuple[int, ...]:
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not part.isdecimal()]
    if wrong:
        raise typer.BadParameter(f"--k counts utterances; {wrong[0]!r} is no whole number. Write --k 0,1,2,5,10.")
    return tuple(int(part) for part in parts)


def _print(measured: Curve) -> None:
    from sabench.cli.output import table
    from sabench.verdicts.wording import score_words

    rows = [
        [
            point.method,
            point.kind,
            str(point.k),
            f"{point.supplied:.1f}",
            score_words(point.uar, point.low, point.high),
            f"{100 * point.draw_low:.1f} to {100 * point.draw_high:.1f}",
            str(point.n_draws),
            ", ".join(map(str, point.seeds)),
        ]
        for point in measured.points
    ]
    lines = [
        [r.method, "not adapted", "-", "-", score_words(r.uar, r.low, r.high), "-", "-", "-"]
        for r in measured.references
    ]
    columns = [
        "method",
        "enrolled with",
        "k",
        "supplied",
        "UAR % [95% CI over speakers]",
        "over draws",
        "draws",
        "seeds",
    ]
    table(measured.title, columns, [*rows, *lines])
    typer.echo(f"Every row is scored on the same {measured.n_scored} utterances of {measured.n_speakers} speakers.")
    largest = max(measured.ks)
    if any(point.k == largest and point.n_draws > 1 for point in measured.points):
        typer.echo(f"At k = {largest} every draw takes the whole pool, so that draws do not differ.")
    for note in measured.notes:
        typer.echo(note)
