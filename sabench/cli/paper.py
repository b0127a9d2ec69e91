"""`sabench paper`: a published comparison, measured here, beside what was printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption
from sabench.cli.estimating import print_estimates, print_plans

if TYPE_CHECKING:
    from sabench.interfaces.records import Twin
    from sabench.paper.layout import Publication
    from sabench.paper.steps import Request
    from sabench.paper.tables import PaperOutcome, Score, Spread, Test

LONG_S = 3600.0
"""What is expected to take longer needs --yes."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("paper")(paper)


def paper(
    plan: Annotated[str | None, typer.Option(help="A packaged comparison; the only one by default.")] = None,
    tables: Annotated[str | None, typer.Option(help="Numbers of tables, as in 2,3; all by default.")] = None,
    simulated: choices.SimulatedOption = False,
    scale: choices.ScaleOption = None,
    twin_seed: choices.TwinSeedOption = None,
    speaker_effect: choices.EffectOption = None,
    preset: choices.PresetOption = None,
    settings: choices.SettingsOption = None,
    search: choices.SearchOption = None,
    seed: choices.SeedOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Run it although it takes hours.")] = False,
    jobs: choices.JobsOption = None,
    threads: choices.ThreadsOption = None,
    device: choices.DeviceOption = None,
    results: choices.ResultsOption = None,
    track: choices.TrackOption = None,
    print_plan: choices.PrintPlanOption = False,
    dry_run: choices.DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Run the tables of a published comparison and print measured beside reported; repeating it resumes."""
    from sabench.cli.output import message, print_json
    from sabench.cli.watching import Watcher
    from sabench.errors import PlanError
    from sabench.paper import deviations, layout, steps
    from sabench.paper.tables import outcome
    from sabench.registry.registry import Registry
    from sabench.results.folder import Results
    from sabench.running.estimates import estimates
    from sabench.verdicts.wording import duration

    published, registry, watcher = layout.publication(plan), Registry(), Watcher()
    common = {"seeds": seed, "jobs": jobs, "threads": threads, "device": device, "results": results, "track": track}
    twin = _twin(published, choices.twin(simulated, scale, twin_seed, speaker_effect))
    request = steps.Request(
        tables=tuple(part.strip() for part in (tables or "").split(",") if part.strip()),
        twin=twin,
        reduced=preset == published.reduced.preset or (twin is not None and preset is None),
        preset=preset,
        search=search,
        settings=choices.values(settings),
        common={key: value for key, value in common.items() if value not in (None, [])},
    )
    planned, left_out = steps.steps(published, request, registry)
    plans = [step.plan for step in planned]
    if print_plan:
        print_plans(plans)
        return
    if dry_run:
        print_estimates(plans, json)
        return
    seconds = sum(estimate.elapsed_s for estimate in estimates(plans, registry, watcher))
    message(f"{published.title} ({published.source}): about {duration(seconds)} are left to compute here.")
    if seconds > LONG_S and not yes:
        raise PlanError(_too_long(published, request, duration(seconds)))
    carried = steps.carry(planned, left_out, registry, watcher)
    store = Results(planned[0].plan.results)
    deviating = deviations.deviations(published, request, carried, store, registry)
    measured = outcome(published, request.tables, carried, store, registry, deviating)
    if json:
        print_json(measured.json())
    else:
        _print(measured, published)
    if not carried.complete:
        raise typer.Exit(1)


def _twin(published: Publication, given: dict[str, Any] | None) -> Twin | None:
    from sabench.interfaces.records import Twin

    return None if given is None else Twin(**{"scale": published.reduced.scale, **given})


def _too_long(published: Publication, request: Request, estimate: str) -> str:
    smaller = [] if request.reduced else [f"--preset {published.reduced.preset} for narrow networks"]
    smaller += [] if request.twin else ["--simulated for small simulated twins"]
    smaller += ["--set adapter.epochs=2 for shorter training"] if request.reduced else []
    return f"This takes about {estimate} on this machine. Add --yes to run it all the same, or {', or '.join(smaller)}."


def _print(measured: PaperOutcome, published: Publication) -> None:
    from sabench.cli.output import table

    for number, about in published.tables.items():
        scores = [row for row in measured.scores if row.table == number]
        spreads = [row for row in measured.spreads if row.table == number]
        heading = f"Table {number}. {about.caption}{_mark(measured)}"
        if scores:
            columns = ["method", "at", "reported %", "measured % [95% CI]", "difference"]
            table(heading, columns, [_score(row, published, measured.simulated) for row in scores])
        if spreads:
            columns = ["method", "at", "reported %", "measured %", "draws"]
            table(heading, columns, [_spread(row, published) for row in spreads])
        for test in measured.tests:
            if test.table == number:
                _print_test(test, published)
    _print_gains(measured, published)
    for title, sentences in (("Deviations from the publication", measured.deviations), ("Notes", measured.notes)):
        if sentences:
            typer.echo(f"{title}:")
            typer.echo("".join(f"- {sentence}\n" for sentence in sentences))


def _mark(measured: PaperOutcome) -> str:
    return " (measured on SIMULATED speech)" if measured.simulated else ""


def _score(row: Score, published: Publication, simulated: bool) -> list[str]:
    from sabench.verdicts.wording import score_words

    heading = published.places[row.place].heading
    if row.measured is None:
        return [row.method, heading, _percent(row.reported), f"failed: {row.reason}", "-"]
    difference = "-"
    if row.reported is not None and not simulated:  # a twin is no corpus
        difference = f"{100 * (row.measured - row.reported):+.1f}"
    measured = score_words(row.measured, row.low, row.high)
    return [row.method, heading, _percent(row.reported), measured, difference]


def _spread(row: Spread, published: Publication) -> list[str]:
    reported = f"{_percent(row.reported_mean)} ({_percent(row.reported_sd)})"
    measured = "-" if row.mean is None else f"{_percent(row.mean)} ({_percent(row.sd)})"
    return [row.method, published.places[row.place].heading, reported, measured, str(row.n_draws)]


def _print_test(test: Test, published: Publication) -> None:
    from sabench.verdicts.wording import p_words

    typer.echo(
        f"The publication's test, {published.places[test.place].heading}: {test.first} against {test.second}, "
        f"two-sided t-test over enrolments of one trained model of each, {p_words(test.p)}. It says nothing of the "
        "methods: another training seed, or other speakers, may turn it."
    )


def _print_gains(measured: PaperOutcome, published: Publication) -> None:
    from sabench.cli.output import table

    rows = [
        [
            f"{row.method} over {row.over}",
            published.places[row.place].heading,
            _percent(row.printed),
            _percent(row.reported),
            _percent(row.measured),
        ]
        for row in measured.gains
    ]
    if rows:
        table(f"Relative gains in %{_mark(measured)}", ["gain", "at", "printed", "from its tables", "measured"], rows)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"
