"""`sabench export` and `sabench verify`: a run in one file, and what can be checked of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import FoldsOption, JsonOption, ResultsOption, RootOption
from sabench.cli.reading import named_by_differences, open_results

if TYPE_CHECKING:
    from sabench.bundle.content import Content
    from sabench.bundle.verifying import Verification
    from sabench.interfaces.records import Corpus
    from sabench.registry.registry import Registry


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("export")(export)
    app.command("verify")(verify)


def export(
    run: Annotated[
        str,
        typer.Argument(
            help="A method, as in svm or svm:emodb, or the id of a run, or how it begins.",
            autocompletion=choices.run_names,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """Write a finished run as a bundle that others can verify: card, method, predictions, scores, environment."""
    from sabench.bundle import exporting
    from sabench.cli.output import message, print_json, say
    from sabench.registry.registry import Registry
    from sabench.verdicts.choosing import chosen

    source, registry = open_results(results), Registry()
    with named_by_differences():
        record = chosen(source, run)
    shareable = exporting.may_share_labels(registry, record)
    exporting.export(source, record, output, labels_shareable=shareable, registry=registry)
    size = output.stat().st_size
    if json:
        print_json({"run_id": record.run_id, "file": str(output), "bytes": size, "labels": shareable})
        return
    say(f"Wrote {output} ({size / 1024:.0f} KiB): {record.run_id}{record.mark}, draws {', '.join(record.draws)}.")
    if not shareable:
        message(
            f"Labels of {record.dataset} may not be shared, so the bundle holds none: whoever verifies it needs the "
            "corpus. The protocol card names the enrolment utterances, and says which of them are neutral."
        )
    message(f"Check it with: sabench verify {output}")


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle that `sabench export` wrote.")],
    root: RootOption = None,
    folds: FoldsOption = None,
    json: JsonOption = False,
) -> None:
    """Recompute every score of a bundle and check that it agrees with itself and with the linked corpus."""
    from sabench.bundle import verifying
    from sabench.bundle.content import open_bundle
    from sabench.cli.output import print_json
    from sabench.errors import BundleError
    from sabench.registry.registry import Registry

    registry = Registry()
    try:
        content = open_bundle(file)
        corpus, reason = _corpus(content, registry, root, folds)
        verification = verifying.verify(file, corpus=corpus, registry=registry)
    except BundleError as error:
        if not json:
            raise
        print_json({"file": str(file), "verified": False, "reason": str(error)})
        raise typer.Exit(1) from error
    if json:
        print_json(_json(file, verification, reason))
    else:
        _print(verification, reason)


def _corpus(content: Content, registry: Registry, root: Path | None, folds: Path | None) -> tuple[Corpus | None, str]:
    from sabench.bundle.reading import linked_corpus
    from sabench.cli.output import progress
    from sabench.corpora import own_folds

    with progress(f"{content.card.dataset}: decoding") as bar:
        corpus, reason = linked_corpus(content.card, registry, root=root, progress=bar)
    return (own_folds.applied(corpus, folds) if corpus and folds else corpus), reason


def _print(verification: Verification, reason: str) -> None:
    from sabench.bundle.verifying import WHAT_IT_PROVES
    from sabench.cli.output import say, table

    say(verification.sentence)
    if verification.scores:
        rows = [
            [draw, f"{100 * score.uar_mean:.2f}", f"{100 * score.uar_pooled:.2f}", score.n_scored]
            for draw, score in verification.scores.items()
        ]
        table("Recomputed (UAR in %)", ["draw", "UAR mean", "UAR pooled", "utterances"], rows)
    for note in (*verification.notes, *_without_corpus(verification, reason)):
        say(note)
    say(WHAT_IT_PROVES)


def _without_corpus(verification: Verification, reason: str) -> list[str]:
    """Return what the missing corpus means."""
    if not reason:
        return []
    labels = "labels were not compared with the corpus" if verification.recomputed else "the bundle holds no labels"
    return [f"No corpus at hand ({reason.rstrip('.')}): {labels}."]


def _json(file: Path, verification: Verification, reason: str) -> dict[str, Any]:
    from sabench.bundle.verifying import WHAT_IT_PROVES

    run = verification.bundle.record
    return {
        "file": str(file),
        "verified": True,
        "scores_recomputed": verification.recomputed,
        "sentence": verification.sentence,
        "notes": [*verification.notes, *_without_corpus(verification, reason), WHAT_IT_PROVES],
        "run_id": run.run_id,
        "adapter": run.method.name,
        "dataset": run.dataset,
        "task": run.task,
        "protocol_hash": run.protocol_hash,
        "simulated": run.simulated,
        "contaminated": run.contaminated,
        "scores": {
            draw: {"uar_mean": score.uar_mean, "uar_pooled": score.uar_pooled, "n_scored": score.n_scored}
            for draw, score in verification.scores.items()
        },
    }
