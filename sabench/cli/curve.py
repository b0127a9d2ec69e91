"""`sabench curve`: UAR against the number of enrolment utterances."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption
from sabench.cli.estimating import print_estimates, print_plans

if TYPE_CHECKING:
    from sabench.curve.points import Curve

_KS = (0, 1, 2, 5, 10)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("curve")(curve)


def curve(
    dataset: Annotated[
        str,
        typer.Option("--dataset", "-d", help="A dataset, or dataset:task.", autocompletion=choices.names("datasets")),
    ],
    adapter: choices.AdapterOption = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="[K]...", help="More numbers, behind --k.")] = None,
    k: Annotated[
        list[str] | None, typer.Option("--k", help="Enrolment utterances, as in --k 0,1,2,5,10 (the default).")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Random draws out of the pool.")] = 5,
    task: choices.TaskOption = None,
    root: choices.RootOption = None,
    features: choices.FeaturesOption = None,
    normaliser: choices.NormaliserOption = None,
    preset: choices.PresetOption = None,
    settings: choices.SettingsOption = None,
    protocol: choices.ProtocolOption = None,
    train_on: choices.TrainOnOption = None,
    labels: choices.LabelsOption = None,
    seed: choices.SeedOption = None,
    simulated: choices.SimulatedOption = False,
    scale: choices.ScaleOption = None,
    twin_seed: choices.TwinSeedOption = None,
    speaker_effect: choices.EffectOption = None,
    jobs: choices.JobsOption = None,
    threads: choices.ThreadsOption = None,
    device: choices.DeviceOption = None,
    results: choices.ResultsOption = None,
    track: choices.TrackOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The picture, .png, .svg or .pdf; in the results folder by default."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="The table as CSV; beside the picture by default.")] = None,
    print_plan: choices.PrintPlanOption = False,
    dry_run: choices.DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Draw UAR against k enrolment utterances on the same scored utterances; repeating the command resumes it."""
    from sabench.cli.output import message, print_json
    from sabench.cli.watching import Watcher
    from sabench.curve.drawing import draw, refuse_format
    from sabench.curve.measure import curve as measure
    from sabench.curve.measure import plans
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
        "train_on": train_on,
        "labels": labels,
        "seeds": seed,
        "twin": choices.twin(simulated, scale, twin_seed, speaker_effect),
        "jobs": jobs,
        "threads": threads,
        "device": device,
        "results": results,
        "track": track,
    }
    choices.refuse_missing(flags)
    plan = Plan.build({key: value for key, value in flags.items() if value not in (None, [])})
    if print_plan or dry_run:
        each = plans(plan, ks, draws, observer=Watcher())
        print_plans(each) if print_plan else print_estimates(each, json)
        return
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
