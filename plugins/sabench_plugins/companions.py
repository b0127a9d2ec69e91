"""The neutral utterances that stand beside training utterances, drawn anew in every epoch."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from sabench import Utterances

NOBODY: Final = -1
"""In place of a row where there is no neutral utterance to draw."""

Whose = Literal["same-speaker", "other-speaker"]
"""Whose neutral utterances a method is trained with; `other-speaker` is a control that can learn nothing from them."""

_AT_ONCE: Final = 1_000_000
"""Random numbers drawn at once, so that memory stays small for a speaker with many utterances."""


def draw_companions(
    train: Utterances,
    amount: int,
    rng: np.random.Generator,
    *,
    whose: Whose = "same-speaker",
    allow_self: bool = False,
) -> np.ndarray:
    """Draw neutral utterances for every training utterance, without replacement.

    Args:
        train: labelled utterances of training speakers.
        amount: how many beside each.
        rng: decides.
        whose: `same-speaker`, or of one other training speaker, drawn for each utterance.
        allow_self: whether an utterance may stand beside itself.

    Returns:
        Rows of `train`, shape `(n, amount)`, int64; `NOBODY` fills up where a speaker has fewer.
    """
    names = list(train.rows_of)
    pools = [train.neutral_rows_of[name] for name in names]
    speaker = np.searchsorted(names, train.speaker.astype(str))
    giver = speaker if whose == "same-speaker" else _others(speaker, np.array([len(pool) > 0 for pool in pools]), rng)
    drawn = np.full((len(train), amount), NOBODY, dtype=np.int64)
    for number, pool in enumerate(pools):
        rows = np.flatnonzero(giver == number)
        if len(rows) and len(pool):
            drawn[rows, : len(pool)] = _without_replacement(rows, pool, amount, rng, allow_self)
    return drawn


def _others(speaker: np.ndarray, able: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return for each utterance another speaker who has neutral utterances, or `NOBODY` where there is none."""
    candidates = np.flatnonzero(able)
    n_others = len(candidates) - able[speaker]
    if not n_others.all():
        return np.full(len(speaker), NOBODY)
    position = rng.integers(n_others)
    # The speaker's own place in the list is skipped.
    position += able[speaker] & (position >= np.searchsorted(candidates, speaker))
    return candidates[position]


def _without_replacement(
    rows: np.ndarray, pool: np.ndarray, amount: int, rng: np.random.Generator, allow_self: bool
) -> np.ndarray:
    """Return shape `(len(rows), min(amount, len(pool)))`."""
    parts = []
    for part in np.array_split(rows, -(-len(rows) * len(pool) // _AT_ONCE)):
        order = rng.random((len(part), len(pool)))
        if not allow_self:
            order[part[:, None] == pool] = np.inf
        first = np.argsort(order, axis=1)[:, :amount]
        itself = np.isinf(np.take_along_axis(order, first, axis=1))
        parts.append(np.where(itself, NOBODY, pool[first]))
    return np.concatenate(parts)
