"""A bundle and the corpora that are linked on this machine."""

from __future__ import annotations

from pathlib import Path

from sabench.bundle.content import open_bundle
from sabench.bundle.verifying import VerifiedBundle, verify
from sabench.corpora import loading, roots
from sabench.corpora.joined import joined
from sabench.errors import BundleError, SabenchError
from sabench.interfaces.plugins import Dataset, Progress
from sabench.interfaces.records import Corpus
from sabench.protocols.card import Card
from sabench.registry.registry import Registry


def linked_corpus(
    card: Card, registry: Registry, *, root: Path | None = None, progress: Progress | None = None
) -> tuple[Corpus | None, str]:
    """Return the corpus that a protocol card speaks of, or why it is not at hand.

    Raises:
        SabenchError: a root is named and nothing can be read there.
    """
    if card.simulated is not None and root is None:
        return None, "The bundle is of a simulated twin, which is not looked for; name one with --root."
    try:
        own = _corpus(card.dataset, card.task, registry, root, progress)
        if card.joined is None:
            return own, ""
        others = [
            _corpus(name, part.task, registry, None, progress)
            for name, part in card.joined.items()
            if name != card.dataset
        ]
        return joined(own, others, {name: part.labels for name, part in card.joined.items()}), ""
    except SabenchError as error:
        if root is not None:
            raise
        return None, str(error).partition("\n")[0]


def _corpus(name: str, task: str, registry: Registry, root: Path | None, progress: Progress | None) -> Corpus:
    dataset: Dataset = registry.create("datasets", name)
    return loading.load(dataset, roots.find(name, type(dataset), root), task, progress=progress)


def read(path: Path, *, registry: Registry | None = None) -> VerifiedBundle:
    """Return a bundle that has been verified down to its scores, to read beside a results folder.

    Labels that it does not hold are taken from the linked corpus.

    Raises:
        BundleError: something in it does not agree, or its scores cannot be recomputed.
    """
    try:
        return _read(path, registry or Registry())
    except BundleError as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from error


def _read(path: Path, registry: Registry) -> VerifiedBundle:
    content = open_bundle(path)
    corpus, reason = (None, "") if content.has_labels else linked_corpus(content.card, registry)
    verification = verify(path, corpus=corpus, registry=registry)
    if not verification.recomputed:
        why = " ".join((reason, *verification.notes)).strip()
        msg = f"scores not recomputed, since the bundle holds no labels. {why}"
        raise BundleError(msg)
    return verification.bundle
