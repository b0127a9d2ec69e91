"""Mounts every command; each module imports what is heavy only when its command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from sabench.cli import (
    bundle,
    citing,
    compare,
    curve,
    dataset,
    doctor,
    leaderboard,
    listing,
    paper,
    plugin,
    predict,
    protocol,
    run,
    runs,
    show,
    status,
    track,
)

app = typer.Typer(
    name="sabench",
    help="Compare speaker adaptation methods for speech emotion recognition.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(dataset.app, name="dataset")
app.add_typer(protocol.app, name="protocol")
app.add_typer(plugin.app, name="plugin")
for module in (
    run,
    status,
    runs,
    show,
    compare,
    leaderboard,
    curve,
    paper,
    bundle,
    predict,
    listing,
    citing,
    doctor,
    track,
):
    module.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from sabench._version import __version__

        typer.echo(f"sabench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Compare speaker adaptation methods for speech emotion recognition."""
