"""Which speakers train, validate and are scored: one function a kind of protocol. No pools, no utterances."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sabench.errors import PlanError, did_you_mean
from sabench.hashing import shuffled
from sabench.protocols import fewer
from sabench.protocols.texts import SUFFIX

if TYPE_CHECKING:
    import pandas as pd


_GROUPS = 5
"""Groups of `speaker-kfold` where no number is given; one of so many training speakers validates under `train-on`."""
TRAIN_ON = "train-on"
"""The protocol that trains on other corpora; their names stand behind its colon."""


@dataclass(frozen=True)
class Split:
    """Speakers of one fold, before pools are reserved."""

    name: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def is_pooled(name: str) -> bool:
    """Return whether a protocol's primary score is the pooled UAR: where a fold has many speakers.

    >>> is_pooled("loso"), is_pooled("challenge"), is_pooled("speaker-kfold:5")
    (False, True, True)
    """
    return name.partition("+")[0].partition(":")[0] in (
        "challenge",
        "speaker-kfold",
        "own-folds",
        TRAIN_ON,
    )


def primary_score(name: str) -> str:
    """Return a protocol's primary score in words: what intervals, tests and ranks use.

    >>> primary_score("loso"), primary_score("challenge")
    ('mean of fold UARs', 'pooled UAR')
    """
    return "pooled UAR" if is_pooled(name) else "mean of fold UARs"


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


def own_folds(table: pd.DataFrame) -> list[Split]:
    """Follow the corpus's own cross-validation, its column `fold`; the next fold in sorted order validates."""
    if "fold" not in table or table["fold"].isna().any() or (table["fold"] == "").any():
        msg = "own-folds needs a fold for every utterance: a column 'fold', or a file of folds (--folds)."
        raise PlanError(msg)
    speakers = {str(name): tuple(sorted(rows["speaker"].unique())) for name, rows in table.groupby("fold")}
    names = sorted(speakers, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name))
    if len(names) < 3:
        msg = f"own-folds needs three folds (training, validation, test); the corpus has {len(names)}."
        raise PlanError(msg)
    splits = []
    for position, name in enumerate(names):
        validation = names[(position + 1) % len(names)]
        rest = [speaker for other in names if other not in (name, validation) for speaker in speakers[other]]
        splits.append(Split(name, tuple(rest), speakers[validation], speakers[name]))
    return splits


def speaker_kfold(table: pd.DataFrame, k: int = _GROUPS) -> list[Split]:
    """Split speakers into k groups by a hash of their names; the next group validates.

    Where the gender of all speakers is known, each gender is dealt out by itself, so that groups are balanced.
    """
    speakers = _gender_by_gender(table, shuffled(table["speaker"].unique(), "speaker-kfold"))
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


def train_on(table: pd.DataFrame) -> list[Split]:
    """Train on the speakers of other corpora and test on all of one; a fifth of the former validates.

    Who validates is dealt out by a hash of names, of each gender by itself where all genders are known.
    """
    test = tuple(sorted(table.loc[table["partition"] == "test", "speaker"].unique()))
    others = table[table["partition"] == "train"]
    if not test or not len(others):
        msg = f"{TRAIN_ON} needs corpora to train on; name them with --train-on."
        raise PlanError(msg)
    speakers = _gender_by_gender(others, shuffled(others["speaker"].unique(), TRAIN_ON))
    validation = tuple(sorted(speakers[::_GROUPS])) if len(speakers) > 1 else ()
    return [Split(TRAIN_ON, tuple(sorted(set(speakers) - {*validation})), validation, test)]


SPLITTERS: Mapping[str, Callable[..., list[Split]]] = {
    "loso": loso,
    "leave-one-session-out": leave_one_session_out,
    "challenge": challenge,
    "speaker-kfold": speaker_kfold,
    "own-folds": own_folds,
    TRAIN_ON: train_on,
}


def canonical_name(name: str) -> str:
    """Return the one name of a protocol, so that two ways to write it have one hash.

    >>> canonical_name("loso"), canonical_name("speaker-kfold"), canonical_name("speaker-kfold:010")
    ('loso', 'speaker-kfold:5', 'speaker-kfold:10')
    >>> canonical_name("loso+text-disjoint"), canonical_name("loso+train-08+text-disjoint")
    ('loso+text-disjoint', 'loso+text-disjoint+train-8')

    Raises:
        PlanError: there is no such protocol.
    """
    name, n_training = fewer.named(name)
    name, plus, _ = name.partition(SUFFIX)
    base, colon, number = name.partition(":")
    if base == TRAIN_ON and plus:
        msg = f"{plus[1:]} does not go with {TRAIN_ON}: other corpora say other sentences."
        raise PlanError(msg)
    if base == TRAIN_ON:
        return name + fewer.suffix(n_training)
    if base not in SPLITTERS or (colon and (base != "speaker-kfold" or not number.isdecimal())):
        hint = did_you_mean(base, SPLITTERS)
        named = ", ".join(other for other in SPLITTERS if other != TRAIN_ON)
        msg = f"Unknown protocol {name!r}.{hint} There are: {named} (speaker-kfold:10 for ten groups)."
        raise PlanError(msg)
    groups = f"{base}:{int(number or _GROUPS)}" if base == "speaker-kfold" else base
    return groups + plus + fewer.suffix(n_training)


def splits_of(name: str, table: pd.DataFrame, dropped: Collection[str] = ()) -> list[Split]:
    """Return the splits of a corpus table under a protocol of this canonical name.

    Raises:
        PlanError: the protocol does not fit the corpus.
    """
    name, n_training = fewer.named(name)
    splits = _splits(name.removesuffix(SUFFIX), table, dropped)
    return splits if n_training is None else [fewer.trained_on(split, n_training, table) for split in splits]


def _splits(name: str, table: pd.DataFrame, dropped: Collection[str]) -> list[Split]:
    base, _, number = name.partition(":")
    if base == "loso":  # the only one that chooses who validates
        return loso(table, dropped)
    return SPLITTERS[base](table, int(number)) if number and base != TRAIN_ON else SPLITTERS[base](table)


def _gender_by_gender(table: pd.DataFrame, speakers: list[str]) -> list[str]:
    """Return speakers with each gender together, in their order; as they come where some gender is not known."""
    known = table.dropna(subset=["gender"]).groupby("speaker")["gender"].first()
    if any(name not in known for name in speakers):
        return speakers
    return sorted(speakers, key=lambda name: str(known[name]))


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
