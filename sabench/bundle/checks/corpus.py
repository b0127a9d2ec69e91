"""A bundle against the corpus itself, where that is at hand."""

from __future__ import annotations

from dataclasses import dataclass

from sabench.bundle.content import CARD, Content
from sabench.corpora import loading
from sabench.corpora.own_folds import NOTE
from sabench.errors import BundleError, SabenchError
from sabench.interfaces.records import Corpus
from sabench.protocols import protocol
from sabench.protocols.folds import PoolRule


@dataclass(frozen=True)
class Compared:
    """What a corpus says of a bundle.

    Attributes:
        labels: class of every utterance, where the corpus is the very one of the bundle.
        sentence: what was found, in words.
    """

    labels: dict[str, str] | None
    sentence: str


def compare(content: Content, corpus: Corpus) -> Compared:
    """Return what a corpus says of a bundle.

    Raises:
        BundleError: labels differ, or the protocol of this very corpus is another one.
    """
    if (corpus.dataset, corpus.task) != (content.card.dataset, content.card.task):
        msg = (
            f"The bundle is of {content.card.dataset} {content.card.task}; "
            f"the corpus given is {corpus.dataset} {corpus.task}."
        )
        raise BundleError(msg)
    labels = dict(zip(corpus.table["id"].tolist(), corpus.table["label"].tolist(), strict=True))
    _refuse_other_labels(content, labels)
    fingerprint = loading.fingerprint(corpus)
    if fingerprint != content.card.corpus:
        sentence = (
            f"The linked corpus is another copy of {corpus.dataset} (fingerprint {fingerprint}, the bundle's is "
            f"{content.card.corpus}): its recordings, speakers or labels are not those of the bundle."
        )
        return Compared(None, sentence)
    if NOTE in content.card.notes and NOTE not in corpus.notes:
        sentence = (
            "The linked corpus is the bundle's: it has these recordings and labels. Its folds come from a file, which "
            "was not compared; name it with --folds."
        )
        return Compared(labels, sentence)
    _refuse_other_protocol(content, corpus, fingerprint)
    return Compared(
        labels, "The linked corpus is the bundle's: it has these recordings and labels, and gives this protocol."
    )


def _refuse_other_labels(content: Content, labels: dict[str, str]) -> None:
    for rows in content.rows.values():
        for name, label in zip(rows.ids, rows.labels or (), strict=False):
            if labels.get(name, label) != label:
                msg = (
                    f"{rows.name}: utterance {name!r} has the label {label!r}; the linked corpus says {labels[name]!r}."
                )
                raise BundleError(msg)


def _refuse_other_protocol(content: Content, corpus: Corpus, fingerprint: str) -> None:
    """Raise where the card is not what the corpus gives under the card's own rule."""
    try:
        rule = PoolRule(**content.card.pool)
        expected = protocol.make(corpus, fingerprint, content.card.protocol, rule)
    except (SabenchError, TypeError) as error:
        msg = f"{CARD}: no protocol of this corpus is made so: {error}"
        raise BundleError(msg) from error
    if expected.hash != content.record.protocol_hash:
        msg = (
            f"{CARD} is not the card that {content.card.protocol} gives on the linked corpus ({expected.hash}): "
            "folds, pools or scored utterances have been chosen by hand."
        )
        raise BundleError(msg)
