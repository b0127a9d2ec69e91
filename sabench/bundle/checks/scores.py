"""Scores as a bundle holds them, and their comparison with what the predictions give."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from sabench.bundle.content import SCORES, Content
from sabench.errors import BundleError
from sabench.stats.metrics import Scores

_DIGITS: Final = 9
_ROUNDING: Final = 0.5 * 10**-_DIGITS + 1e-13
"""Half of the last digit; another processor may sum in another order."""


def told(scores: Scores, classes: Iterable[str]) -> dict[str, Any]:
    """Return scores as `scores.json` holds them: fractions of nine digits, null where there is none."""
    rounded: dict[str, Any] = _rounded(_exact(scores, classes))
    return rounded


def refuse_other(content: Content, draw: str, scores: Scores) -> None:
    """Raise where the scores of a draw are not those made anew.

    Raises:
        BundleError: with both numbers.
    """
    expected = _flat(_exact(scores, content.card.classes))
    there = _flat(content.scores[draw])
    for name in sorted(expected.keys() ^ there.keys()):
        what = "is there and should not be" if name in there else "is missing"
        msg = f"{SCORES}: {name} of draw {draw} {what}."
        raise BundleError(msg)
    for name, value in expected.items():
        if not _same(there[name], value):
            shown = _rounded(value)
            msg = f"{SCORES}: {name} of draw {draw} is said to be {there[name]}; the predictions give {shown}."
            raise BundleError(msg)


def _exact(scores: Scores, classes: Iterable[str]) -> dict[str, Any]:
    return {
        "uar_mean": scores.uar_mean,
        "uar_pooled": scores.uar_pooled,
        "n_scored": scores.n_scored,
        "uar_per_fold": dict(scores.uar_per_fold),
        "uar_per_speaker": dict(scores.uar_per_speaker),
        "recall_per_class": dict(zip(classes, scores.recall_per_class.tolist(), strict=True)),
        "confusion": scores.confusion.tolist(),
    }


def _same(there: Any, value: float) -> bool:
    if math.isnan(value):
        return there is None
    if isinstance(there, bool) or not isinstance(there, (int, float)):
        return False
    return there == round(there, _DIGITS) and abs(there - value) <= _ROUNDING


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, _DIGITS)
    return value


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return every number of nested objects and lists by its path."""
    if not isinstance(value, (dict, list)):
        return {name: value}
    flat: dict[str, Any] = {}
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        flat |= _flat(item, f"{name}.{key}" if name else str(key))
    return flat
