"""`sabench predict`: kept models on new files of a new speaker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import open_results


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predict")(predict)


def predict(
    files: Annotated[list[Path], typer.Argument(help="Recordings of one speaker.")],
    run: Annotated[str, typer.Option(help="Id of a run, or how it begins.")],
    enrol: Annotated[list[Path] | None, typer.Option(help="A neutral recording of the speaker; repeat it.")] = None,
    enrol_unlabelled: Annotated[
        list[Path] | None, typer.Option(help="A recording of the speaker of any emotion; repeat it.")
    ] = None,
    enrol_labelled: Annotated[
        list[str] | None,
        typer.Option(help="A recording of the speaker and its label; repeat it.", metavar="FILE=LABEL"),
    ] = None,
    fold: Annotated[str | None, typer.Option(help="Use this fold's model; the mean over all folds by default.")] = None,
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """Print class probabilities for new files of a new speaker."""
    from sabench import predicting
    from sabench.cli.output import print_json, table

    source = open_results(results)
    record = source.run(run)
    labelled = tuple(map(predicting.parse_labelled, enrol_labelled or ()))
    speaker = predicting.NewSpeaker(tuple(files), tuple(enrol or ()), tuple(enrol_unlabelled or ()), labelled)
    probabilities = predicting.predict(source, record, speaker, fold=fold)
    classes = source.card(record.protocol_hash)["classes"]
    named = [dict(zip(classes, map(float, row), strict=True)) for row in probabilities]
    if json:
        rows = [{"file": str(path), "probabilities": row} for path, row in zip(files, named, strict=True)]
        print_json({"run_id": record.run_id, "simulated": record.simulated, "files": rows})
        return
    mark = " (trained on simulated speech)" if record.simulated else ""
    shown = [
        [path.name, max(row, key=row.__getitem__), *(f"{row[name]:.3f}" for name in classes)]
        for path, row in zip(files, named, strict=True)
    ]
    table(f"{record.run_id}{mark}", ["file", "most probable", *classes], shown)
