"""Which call of a plugin an error came from, and its author's own traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

_HARNESS = tuple(str(Path(__file__).parents[1] / folder) for folder in ("checks", "cells", "machine"))
_PHASES = ("fit", "enrol", "predict_proba", "extract", "simulate", "save", "load", "estimator", "cost")
"""What the harness calls of a plugin."""


def raised_in(error: BaseException) -> tuple[str, str]:
    """Return which method of a plugin raised an error, such as `predict_proba`, and the traceback from there on.

    Both are empty where the harness itself has refused what a plugin returned.
    """
    frames = traceback.extract_tb(error.__traceback__)
    of_plugin = next(
        (n for n, at in enumerate(frames) if at.name in _PHASES and not at.filename.startswith(_HARNESS)), None
    )
    if of_plugin is None:
        return "", ""
    lines = [*traceback.format_list(frames[of_plugin:]), *traceback.format_exception_only(error)]
    return frames[of_plugin].name, "".join(lines)
