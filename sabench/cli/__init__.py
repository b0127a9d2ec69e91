"""The command line: parse, call, print. Decisions are made elsewhere."""

from __future__ import annotations

import gc
import sys

_INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""
_OBJECTS = 50_000
"""So many new objects, and Python looks for garbage. Its own 700 cost a tenth of a command that imports scikit-learn:
what imports make stays."""


def main() -> None:
    """Run `sabench`; what sabench raises on purpose becomes one sentence.

    Exit status 1 where something failed or was refused, 2 where what was typed names nothing that there is.
    """
    from sabench.cli.commands import mounted
    from sabench.errors import ParameterError, PlanError, SabenchError, UnknownPlugin

    gc.set_threshold(_OBJECTS)
    if sys.stdout is None:  # as `sabench ... >&-` leaves it; what is opened next would take its place
        _fail("Standard output is closed, and results are printed there. Send it to a file, or to /dev/null.")
    try:
        mounted(*sys.argv[1:2])()
    except (ParameterError, PlanError, UnknownPlugin) as error:
        _fail(str(error), status=2)
    except SabenchError as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}. Finished work is kept; solve this and repeat the command.")
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _fail("Interrupted. What is finished is kept; the same command goes on from there.", status=_INTERRUPTED)
        raise


def _fail(sentence: str, status: int = 1) -> None:
    from sabench.cli.output import message

    message(f"Error: {sentence}" if status != _INTERRUPTED else sentence)
    sys.exit(status)
