"""Leaks are refused, not warned about."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from sabench.errors import LeakageError, first_few
from sabench.protocols.folds import Fold, PoolRule, Target
from sabench.protocols.rows import CorpusRows

_Sides = tuple[np.ndarray, np.ndarray]
"""Positions of the utterances of two sides."""


def refuse(fold: Fold, rule: PoolRule, corpus: CorpusRows, sharers: Mapping[str, set[str]] | None = None) -> None:
    """Raise where a fold would let test data into training, or enrolment into the scored set.

    Args:
        fold: the split.
        rule: whose `scored_too` allows the pool to be scored.
        corpus: speaker and audio of every utterance; all utterances of a target count as its side.
        sharers: for ids whose segment overlaps with others of its file, those ids.

    Raises:
        LeakageError: a speaker, identical audio, or overlapping segments on two sides; or the pool inside the
            scored set.
    """
    sharers = sharers or {}
    sides = {
        "training": corpus.rows(fold.train),
        "validation": corpus.of_speakers(target.speaker for target in fold.validation).rows,
        "test": corpus.of_speakers(target.speaker for target in fold.test).rows,
    }
    for (one, first), (other, second) in combinations(sides.items(), 2):
        _refuse_shared_speaker(fold, one, other, corpus, (first, second))
        _refuse_shared_audio(fold, one, other, corpus, (first, second))
        if sharers:
            ids = [{corpus.names[row] for row in side} for side in (first, second)]
            _refuse_overlap(fold, one, other, ids[0], ids[1], sharers)
    if not rule.scored_too:
        for target in (*fold.validation, *fold.test):
            _refuse_scored_pool(fold, target, corpus)
            if sharers:
                _refuse_overlap(fold, "enrolment", "the scored set", _pool(target), set(target.scored), sharers)


def _refuse_shared_speaker(fold: Fold, one: str, other: str, corpus: CorpusRows, sides: _Sides) -> None:
    shared = [corpus.speakers[number] for number in _common(corpus.speaker, sides)]
    if shared:
        msg = (
            f"Fold {fold.name}: {first_few(shared)} would be in both {one} and {other}. "
            "A speaker belongs to one side; correct the partition of the corpus, or use --protocol loso."
        )
        raise LeakageError(msg)


def _refuse_shared_audio(fold: Fold, one: str, other: str, corpus: CorpusRows, sides: _Sides) -> None:
    shared = set(_common(corpus.audio, sides).tolist())
    if shared:
        first, second = (
            {corpus.names[row]: corpus.audio[row] for row in rows if corpus.audio[row] in shared} for rows in sides
        )
        seen = {first[name]: name for name in sorted(first)}
        pairs = [f"{seen[second[name]]} = {name}" for name in sorted(second)]
        msg = (
            f"Fold {fold.name}: identical audio in {one} and {other} ({first_few(pairs)}). "
            "Remove one of the recordings from the corpus, or correct its speaker."
        )
        raise LeakageError(msg)


def _common(number: np.ndarray, sides: _Sides) -> np.ndarray:
    """Return the numbers that both sides have, in order."""
    there = np.zeros((2, int(number.max(initial=-1)) + 1), dtype=bool)
    for flags, rows in zip(there, sides, strict=True):
        flags[number[rows]] = True
    return np.flatnonzero(there.all(axis=0))


def _refuse_overlap(
    fold: Fold, one: str, other: str, first: set[str], second: set[str], sharers: Mapping[str, set[str]]
) -> None:
    pairs = [f"{a} and {b}" for a in sorted(first & sharers.keys()) for b in sorted(sharers[a] & second)]
    if pairs:
        msg = (
            f"Fold {fold.name}: segments of one recording overlap between {one} and {other} ({first_few(pairs)}). "
            "Correct the segments, or leave one of each pair out."
        )
        raise LeakageError(msg)


def _refuse_scored_pool(fold: Fold, target: Target, corpus: CorpusRows) -> None:
    pool = _pool(target)
    audio = set(corpus.audio[corpus.rows(pool)].tolist())
    copies = zip(target.scored, corpus.audio[corpus.rows(target.scored)].tolist(), strict=True) if pool else ()
    both = sorted(pool & set(target.scored)) or [name for name, number in copies if number in audio]
    if both:
        msg = (
            f"Fold {fold.name}: enrolment utterances of {target.speaker} would be scored ({first_few(both)}). "
            "Reserve them, or say --pool scored-too, which gives another protocol hash."
        )
        raise LeakageError(msg)


def _pool(target: Target) -> set[str]:
    return {i for kind in ("neutral", "unlabelled", "labelled") for i in getattr(target, kind)}
