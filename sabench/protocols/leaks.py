"""Leaks are refused, not warned about."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from sabench.errors import LeakageError, first_few
from sabench.protocols.folds import Fold, PoolRule, Target


def refuse(
    fold: Fold,
    rule: PoolRule,
    speaker_of: Mapping[str, str],
    digest_of: Mapping[str, str],
    ids_of: Mapping[str, set[str]],
    sharers: Mapping[str, set[str]] | None = None,
) -> None:
    """Raise where a fold would let test data into training, or enrolment into the scored set.

    Args:
        fold: the split.
        rule: whose `scored_too` allows the pool to be scored.
        speaker_of: speaker of every id.
        digest_of: digest of the decoded samples of every id.
        ids_of: every utterance id of a speaker; all of a target's count as its side.
        sharers: for ids whose segment overlaps with others of its file, those ids.

    Raises:
        LeakageError: a speaker, identical audio, or overlapping segments on two sides; or the pool inside the
            scored set.
    """
    sharers = sharers or {}
    sides = {
        "training": set(fold.train),
        "validation": set().union(*(ids_of[target.speaker] for target in fold.validation)),
        "test": set().union(*(ids_of[target.speaker] for target in fold.test)),
    }
    for (one, first), (other, second) in combinations(sides.items(), 2):
        _refuse_shared_speaker(fold, one, other, first, second, speaker_of)
        _refuse_shared_audio(fold, one, other, first, second, digest_of)
        _refuse_overlap(fold, one, other, first, second, sharers)
    if not rule.scored_too:
        for target in (*fold.validation, *fold.test):
            _refuse_scored_pool(fold, target.speaker, target.scored, _pool(target), digest_of)
            _refuse_overlap(fold, "enrolment", "the scored set", _pool(target), set(target.scored), sharers)


def _refuse_shared_speaker(
    fold: Fold, one: str, other: str, first: set[str], second: set[str], speaker_of: Mapping[str, str]
) -> None:
    shared = sorted({speaker_of[i] for i in first} & {speaker_of[i] for i in second})
    if shared:
        msg = (
            f"Fold {fold.name}: {first_few(shared)} would be in both {one} and {other}. "
            "A speaker belongs to one side; correct the partition of the corpus, or use --protocol loso."
        )
        raise LeakageError(msg)


def _refuse_shared_audio(
    fold: Fold, one: str, other: str, first: set[str], second: set[str], digest_of: Mapping[str, str]
) -> None:
    seen = {digest_of[i]: i for i in sorted(first)}
    pairs = [f"{seen[digest_of[i]]} = {i}" for i in sorted(second) if digest_of[i] in seen]
    if pairs:
        msg = (
            f"Fold {fold.name}: identical audio in {one} and {other} ({first_few(pairs)}). "
            "Remove one of the recordings from the corpus, or correct its speaker."
        )
        raise LeakageError(msg)


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


def _refuse_scored_pool(
    fold: Fold, speaker: str, scored: tuple[str, ...], pool: set[str], digest_of: Mapping[str, str]
) -> None:
    digests = {digest_of[i] for i in pool}
    both = sorted(pool & set(scored)) or [i for i in scored if digest_of[i] in digests]
    if both:
        msg = (
            f"Fold {fold.name}: enrolment utterances of {speaker} would be scored ({first_few(both)}). "
            "Reserve them, or say --pool scored-too, which gives another protocol hash."
        )
        raise LeakageError(msg)


def _pool(target: Target) -> set[str]:
    return {i for kind in ("neutral", "unlabelled", "labelled") for i in getattr(target, kind)}
