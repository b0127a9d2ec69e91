"""Mounts commands; each module imports what is heavy only when its command runs."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final

import typer

COMMANDS: Final = {
    "run": "run",
    "status": "status",
    "runs": "runs",
    "show": "show",
    "compare": "compare",
    "leaderboard": "leaderboard",
    "curve": "curve",
    "paper": "paper",
    "export": "bundle",
    "verify": "bundle",
    "predict": "predict",
    "list": "listing",
    "info": "citing",
    "cite": "citing",
    "doctor": "doctor",
    "track": "track",
    "dataset": "dataset",
    "protocol": "protocol",
    "plugin": "plugin",
}
"""Which module of this folder has a command, or a group of them, in the order of `sabench --help`."""


def mounted(typed: str = "") -> typer.Typer:
    """Return the command line.

    Args:
        typed: the first word behind `sabench`. Typer reads the annotations of every command that is mounted; where the
            word is the name of one, no other is.
    """
    app = typer.Typer(
        name="sabench",
        help="Compare speaker adaptation methods for speech emotion recognition.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in [COMMANDS[typed]] if typed in COMMANDS else dict.fromkeys(COMMANDS.values()):
        import_module(f"sabench.cli.{name}").register(app)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from sabench._version import __version__

        typer.echo(f"sabench {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Compare speaker adaptation methods for speech emotion recognition."""
