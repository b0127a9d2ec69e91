"""How a corpus becomes folds. Pure: no files, no random state; folds never depend on a run's seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sabench.errors import PlanError
from sabench.hashing import digest, plain
from sabench.interfaces.records import Corpus
from sabench.interfaces.segments import sharers
from sabench.protocols import leaks, texts
from sabench.protocols.folds import Fold, PoolRule, Target
from sabench.protocols.pools import Shortfall, reserve
from sabench.protocols.rows import CorpusRows
from sabench.protocols.splits import Split, canonical_name, splits_of

if TYPE_CHECKING:
    import pandas as pd


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
    splits = splits_of(name, table, dropped)
    held_out = {speaker for split in splits for speaker in (*split.validation, *split.test)}
    rows = CorpusRows.of(table)
    text = texts.text_of(table) if texts.SUFFIX in name else None
    folds = tuple(
        fold
        for fold in (_fold(split, rows, targets, dropped, number, text) for number, split in enumerate(splits))
        if any(target.scored for target in fold.test)
    )
    if not folds:
        msg = f"Protocol {name} leaves no speaker to score. Reserve a smaller pool, or do not require it."
        raise PlanError(msg)
    overlapping = sharers(table)
    for fold in folds:
        leaks.refuse(fold, rule, rows, overlapping)
        if text is not None:
            texts.refuse_shared(fold, text)
    card = _card(corpus, fingerprint, name, rule, folds, rows)
    return Protocol(name, folds, card, digest(card), tuple(s for s in shortfalls if s.speaker in held_out))


def _targets(table: pd.DataFrame, rule: PoolRule) -> tuple[dict[str, Target], list[Shortfall]]:
    targets, shortfalls = {}, []
    for speaker, rows in table.groupby("speaker", sort=True):
        targets[str(speaker)], short = reserve(rows, str(speaker), rule)
        shortfalls += short
    return targets, shortfalls


def _fold(
    split: Split,
    rows: CorpusRows,
    targets: Mapping[str, Target],
    dropped: set[str],
    number: int,
    text: Mapping[str, str] | None,
) -> Fold:
    fold = Fold(
        split.name,
        rows.of_speakers(split.train),
        tuple(targets[name] for name in split.validation if name not in dropped),
        tuple(targets[name] for name in split.test if name not in dropped),
    )
    return fold if text is None else texts.disjoint(fold, number, text)


def _card(
    corpus: Corpus, fingerprint: str, name: str, rule: PoolRule, folds: Sequence[Fold], rows: CorpusRows
) -> dict[str, Any]:
    # What a speaker is scored on as a target counts, where that differs from what they validate on.
    held_out = {target.speaker: target for fold in folds for target in fold.validation}
    held_out |= {target.speaker: target for fold in folds for target in fold.test}
    joined = {"joined": plain(corpus.joined)} if corpus.joined else {}
    disjoint = {"texts": digest(texts.text_of(corpus.table))} if texts.SUFFIX in name else {}
    return {
        **joined,
        **disjoint,
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
                "train": rows.speakers_of(fold.train),
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
