"""`sabench compare`: the verdict on two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import named_by_differences, open_results

if TYPE_CHECKING:
    from sabench.verdicts.verdict import Verdict


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


_RUN = (
    "A method, as in svm or svm:emodb:7class, or the id of a run or how it begins; all seeds count. With @DRAW another "
    "draw, as in svm-norm@zeros."
)


def compare(
    first: Annotated[str, typer.Argument(help=_RUN, autocompletion=choices.run_names)],
    second: Annotated[str, typer.Argument(help="What to compare it with.", autocompletion=choices.run_names)],
    results: ResultsOption = None,
    min_seeds: Annotated[
        int, typer.Option(min=2, help="Seeds needed where one trained model serves several speakers.")
    ] = 5,
    json: JsonOption = False,
) -> None:
    """Compare two methods by two of their runs: who is ahead, how sure that is, at what price."""
    from sabench.cli.output import print_json
    from sabench.verdicts import verdict as verdicts
    from sabench.verdicts.choosing import chosen_pair
    from sabench.verdicts.entries import pair_of

    source = open_results(results)
    (one, _, draw), (other, _, other_draw) = first.partition("@"), second.partition("@")
    with named_by_differences():
        pair = chosen_pair(source, one, other)
    sides = [(pair[0], draw or "first"), (pair[1], other_draw or "first")]
    verdict = verdicts.compare(*pair_of(source, *sides), min_seeds=min_seeds)
    if json:
        print_json(verdict.json())
    else:
        _print(verdict)


def _print(verdict: Verdict) -> None:
    from sabench.cli.output import table
    from sabench.verdicts.wording import score_words

    typer.echo(verdict.sentence)
    typer.echo(verdict.harm_sentence)
    for note in verdict.notes:
        typer.echo(note)
    typer.echo()
    rows = [
        [entry.title, str(entry.method.access), entry.draw, ", ".join(str(run.seed) for run in entry.runs), score]
        for entry, score in zip(
            (verdict.first, verdict.second),
            (score_words(score.value, score.low, score.high) for score in verdict.scores),
            strict=True,
        )
    ]
    table(
        f"{verdict.first.place}, {verdict.first.first.protocol}",
        ["method", "access", "draw", "seeds", "UAR % [95% CI]"],
        rows,
    )
