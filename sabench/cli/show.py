"""`sabench show`: one run in words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import named_by_differences, open_results

if TYPE_CHECKING:
    from sabench.leaderboard.board import Row
    from sabench.leaderboard.report import Report


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show")(show)


def show(
    run: Annotated[
        str,
        typer.Argument(
            help="A method, as in svm or svm:emodb, or the id of a run, or how it begins.",
            autocompletion=choices.run_names,
        ),
    ],
    draw: Annotated[str, typer.Option(help="Which enrolment.")] = "first",
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """Show a run: score, verdict against the baseline, folds, classes, speakers."""
    from sabench.cli.output import print_json
    from sabench.leaderboard.report import report
    from sabench.verdicts.choosing import chosen

    source = open_results(results)
    with named_by_differences():
        record = chosen(source, run)
    of_run = report(source, record, draw)
    if json:
        print_json(of_run.json())
    else:
        _print(of_run)


def _print(of_run: Report) -> None:
    from sabench.cli.output import table

    for sentence in of_run.sentences:
        typer.echo(sentence)
    if of_run.row is None:
        return
    row = of_run.row
    typer.echo()
    table("Scores", ["what", "value"], _scores(row))
    folds = [[c.fold, _percent(of_run.folds.get(c.fold)), f"{c.seconds:.1f} s", c.status] for c in of_run.cells]
    table("Folds", ["fold", "UAR %", "time", "status"], folds)
    names = list(row.recall)
    lines = [[name, *(_percent(part) for part in line)] for name, line in zip(names, row.confusion, strict=True)]
    table("Confusion, % of each true class (rows)", ["true", *names], lines)


def _scores(row: Row) -> list[list[str]]:
    from sabench.verdicts.wording import count, duration, score_words

    lines = [
        ["UAR % [95% CI]", score_words(row.uar, row.low, row.high)],
        ["mean of fold UARs %", _percent(row.uar_mean)],
        ["pooled UAR %", _percent(row.uar_pooled)],
        ["worst speaker", f"{row.worst_speaker} ({_percent(row.worst_uar)})"],
        ["Gini over speakers", "-" if row.gini != row.gini else f"{row.gini:.3f}"],
        ["ISWF over speakers %", _percent(row.iswf)],
        ["time, parameters", f"{duration(row.seconds)}, {count(row.n_parameters)}"],
        ["training speakers", str(row.n_training_speakers)],
    ]
    if row.gender_gap is not None:
        lines.insert(5, ["female minus male, points", f"{100 * row.gender_gap:+.1f}"])
    return lines


def _percent(value: float | None) -> str:
    return "-" if value is None or value != value else f"{100 * value:.1f}"
