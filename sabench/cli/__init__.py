"""The command line: parse, call, print. Decisions are made elsewhere."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `sabench`; what sabench raises on purpose becomes one sentence and exit status 1."""
    from sabench.cli.app import app
    from sabench.errors import SabenchError

    try:
        app()
    except SabenchError as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}. Nothing finished is lost; mend it and repeat the command.")


def _fail(sentence: str) -> None:
    from sabench.cli.output import message

    message(f"Error: {sentence}")
    sys.exit(1)
