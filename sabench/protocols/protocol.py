"""How a corpus becomes folds. Pure: no files, no random state; folds never depend on a run's seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sabench.errors import PlanError, did_you_mean
from sabench.hashing import digest, plain, shuffled
from sabench.interfaces.records import Corpus, Fold, PoolRule, Target
from sabench.protocols import leaks
from sabench.protocols.pools import Shortfall, reserve

if TYPE_CHECKING:
    import pandas as pd


_GROUPS = 5
"""Groups of `speaker-kfold` where no number is given."""


@dataclass(frozen=True)
class Split:
    """Speakers of one fold, before pools are reserved."""

    name: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Protocol:
    """Folds of one corpus, and the card whose hash says what is comparable.

    Attributes:
        name: as asked for, for example `loso` or `speaker-kfold:5`.
        folds: in a fixed order.
        card: canonical JSON object of everything that decides what is trained on and scored.
        hash: of the card.
        shortfalls: speakers held out in some fold who supply less than the pool asks for.
    """

    name: str
    folds: tuple[Fold, ...]
    card: Mapping[str, Any]
    hash: str
    shortfalls: tuple[Shortfall, ...] = ()


def is_pooled(name: str) -> bool:
    """Return whether a protocol's primary score is the pooled UAR: where a fold has many speakers.

    >>> is_pooled("loso"), is_pooled("challenge"), is_pooled("speaker-kfold:5")
    (False, True, True)
    """
    return name.partition(":")[0] in ("challenge", "speaker-kfold")


def loso(table: pd.DataFrame, dropped: Collection[str] = ()) -> list[Split]:
    """Leave one speaker out.

    The session's other speaker validates where there are sessions, otherwise the next speaker in
    sorted order; one who shows a single class cannot tell models apart, and one who is dropped cannot
    be enrolled, so that the next one validates.
    """
    speakers = sorted(table["speaker"].unique())
    if len(speakers) < 3:
        msg = f"LOSO needs three speakers (training, validation, test); the corpus has {len(speakers)}."
        raise PlanError(msg)
    several = _with_several_classes(table) - {*dropped}
    partners = _session_partners(table)
    splits = []
    for position, speaker in enumerate(speakers):
        following = [*speakers[position + 1 :], *speakers[:position]]
        candidates = [*partners.get(speaker, ()), *following]
        validation = next((name for name in candidates if name in several), following[0])
        train = tuple(name for name in speakers if name not in (speaker, validation))
        splits.append(Split(speaker, train, (validation,), (speaker,)))
    return splits


def leave_one_session_out(table: pd.DataFrame) -> list[Split]:
    """Leave one session out; the next session in sorted order validates."""
    if table["session"].isna().any():
        msg = "leave-one-session-out needs a session for every utterance; this corpus has none for some. Use loso."
        raise PlanError(msg)
    sessions = sorted(table["session"].unique())
    if len(sessions) < 3:
        msg = f"leave-one-session-out needs three sessions; the corpus has {len(sessions)}. Use loso."
        raise PlanError(msg)
    speakers = {name: tuple(sorted(rows["speaker"].unique())) for name, rows in table.groupby("session")}
    splits = []
    for position, session in enumerate(sessions):
        validation = sessions[(position + 1) % len(sessions)]
        rest = [s for name in sessions if name not in (session, validation) for s in speakers[name]]
        splits.append(Split(str(session), tuple(rest), speakers[validation], speakers[session]))
    return splits


def challenge(table: pd.DataFrame) -> list[Split]:
    """Follow the corpus's own partition."""
    sides = {
        name: tuple(sorted(table.loc[table["partition"] == name, "speaker"].unique()))
        for name in ("train", "validation", "test")
    }
    if not sides["train"] or not sides["test"]:
        msg = "challenge needs a corpus with a train and a test partition; this one has none. Use --protocol loso."
        raise PlanError(msg)
    return [Split("challenge", sides["train"], sides["validation"], sides["test"])]


def speaker_kfold(table: pd.DataFrame, k: int = _GROUPS) -> list[Split]:
    """Split speakers into k groups by a hash of their names; the next group validates."""
    speakers = shuffled(table["speaker"].unique(), "speaker-kfold")
    if not 3 <= k <= len(speakers):
        msg = f"speaker-kfold:{k} needs between 3 and {len(speakers)} groups for {len(speakers)} speakers."
        raise PlanError(msg)
    groups = [tuple(sorted(speakers[i::k])) for i in range(k)]
    splits = []
    for i, group in enumerate(groups):
        validation = groups[(i + 1) % k]
        train = tuple(sorted(set(speakers) - {*group, *validation}))
        splits.append(Split(f"{i + 1}of{k}", train, validation, group))
    return splits


SPLITTERS: Mapping[str, Callable[..., list[Split]]] = {
    "loso": loso,
    "leave-one-session-out": leave_one_session_out,
    "challenge": challenge,
    "speaker-kfold": speaker_kfold,
}


def make(corpus: Corpus, fingerprint: str, name: str, rule: PoolRule) -> Protocol:
    """Return the folds of a corpus under a protocol, with pools reserved and leaks refused.

    Args:
        corpus: prepared, so that it has digests.
        fingerprint: of the corpus.
        name: one of `SPLITTERS`, `speaker-kfold` with a number like `speaker-kfold:10`.
        rule: what is reserved per target speaker.

    Raises:
        PlanError: an unknown protocol, or one that does not fit the corpus.
        LeakageError: a speaker, audio or enrolment utterance on two sides.
    """
    table, name = corpus.table, canonical_name(name)
    targets, shortfalls = _targets(table, rule)
    dropped = {short.speaker for short in shortfalls} if rule.require else set()
    splits = _split(name, table, dropped)
    held_out = {speaker for split in splits for speaker in (*split.validation, *split.test)}
    ids_of = {str(speaker): set(rows["id"]) for speaker, rows in table.groupby("speaker")}
    folds = tuple(
        fold
        for fold in (_fold(split, table, targets, dropped) for split in splits)
        if any(target.scored for target in fold.test)
    )
    if not folds:
        msg = f"Protocol {name} leaves no speaker to score. Reserve a smaller pool, or do not require it."
        raise PlanError(msg)
    speaker_of = dict(zip(table["id"], table["speaker"], strict=True))
    digest_of = dict(zip(table["id"], table["digest"], strict=True))
    for fold in folds:
        leaks.refuse(fold, rule, speaker_of, digest_of, ids_of)
    card = _card(corpus, fingerprint, name, rule, folds)
    return Protocol(name, folds, card, digest(card), tuple(s for s in shortfalls if s.speaker in held_out))


def canonical_name(name: str) -> str:
    """Return the one name of a protocol, so that two ways to write it have one hash.

    >>> canonical_name("loso"), canonical_name("speaker-kfold"), canonical_name("speaker-kfold:010")
    ('loso', 'speaker-kfold:5', 'speaker-kfold:10')

    Raises:
        PlanError: there is no such protocol.
    """
    base, colon, number = name.partition(":")
    if base not in SPLITTERS or (colon and (base != "speaker-kfold" or not number.isdecimal())):
        hint = did_you_mean(base, SPLITTERS)
        msg = f"Unknown protocol {name!r}.{hint} There are: {', '.join(SPLITTERS)} (speaker-kfold:10 for ten groups)."
        raise PlanError(msg)
    return f"{base}:{int(number or _GROUPS)}" if base == "speaker-kfold" else base


def _split(name: str, table: pd.DataFrame, dropped: set[str]) -> list[Split]:
    base, _, number = name.partition(":")
    if base == "loso":  # the only one that chooses who validates
        return loso(table, dropped)
    return SPLITTERS[base](table, int(number)) if number else SPLITTERS[base](table)


def _targets(table: pd.DataFrame, rule: PoolRule) -> tuple[dict[str, Target], list[Shortfall]]:
    targets, shortfalls = {}, []
    for speaker, rows in table.groupby("speaker", sort=True):
        targets[str(speaker)], short = reserve(rows, str(speaker), rule)
        shortfalls += short
    return targets, shortfalls


def _fold(split: Split, table: pd.DataFrame, targets: Mapping[str, Target], dropped: set[str]) -> Fold:
    return Fold(
        split.name,
        tuple(table.loc[table["speaker"].isin(split.train), "id"]),
        tuple(targets[name] for name in split.validation if name not in dropped),
        tuple(targets[name] for name in split.test if name not in dropped),
    )


def _card(corpus: Corpus, fingerprint: str, name: str, rule: PoolRule, folds: Sequence[Fold]) -> dict[str, Any]:
    speaker_of = dict(zip(corpus.table["id"], corpus.table["speaker"], strict=True))
    held_out = {target.speaker: target for fold in folds for target in (*fold.validation, *fold.test)}
    return {
        "dataset": corpus.dataset,
        "task": corpus.task,
        "classes": list(corpus.classes),
        "corpus": fingerprint,
        "neutral": _neutral_hash(corpus.table),
        "simulated": plain(corpus.simulation) if corpus.simulation else None,
        "protocol": name,
        "pool": plain(rule),
        "notes": list(corpus.notes),
        "folds": [
            {
                "name": fold.name,
                "train": sorted({speaker_of[i] for i in fold.train}),
                "validation": [target.speaker for target in fold.validation],
                "test": [target.speaker for target in fold.test],
            }
            for fold in folds
        ],
        "speakers": {
            name: {
                "neutral": list(target.neutral),
                "unlabelled": list(target.unlabelled),
                "labelled": list(target.labelled),
                "scored": list(target.scored),
            }
            for name, target in sorted(held_out.items())
        },
    }


def _neutral_hash(table: pd.DataFrame) -> str:
    """Return a hash of who is neutral, in corpus order: training speakers are enrolled with the first of them."""
    rows = table.loc[table["neutral"], ["speaker", "id"]]
    return digest({str(speaker): list(own["id"]) for speaker, own in rows.groupby("speaker")})


def _with_several_classes(table: pd.DataFrame) -> set[str]:
    counts = table.groupby("speaker")["label"].nunique()
    return {str(name) for name in counts[counts > 1].index}


def _session_partners(table: pd.DataFrame) -> dict[str, list[str]]:
    known = table.dropna(subset=["session"])
    partners: dict[str, list[str]] = {}
    for _, rows in known.groupby("session"):
        names = sorted(rows["speaker"].unique())
        for name in names:
            partners[name] = [*partners.get(name, ()), *(other for other in names if other != name)]
    return partners
