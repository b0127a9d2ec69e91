"""From what a bundle says to what has been checked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench.bundle.checks import plugins, predictions, record
from sabench.bundle.checks import scores as score_checks
from sabench.bundle.content import Content, open_bundle, strange_values
from sabench.errors import BundleError
from sabench.interfaces.records import Corpus, Predictions
from sabench.results.runs import CellRecord, RunRecord
from sabench.stats import metrics

if TYPE_CHECKING:
    from sabench.registry.registry import Registry

WHAT_IT_PROVES = (
    "This proves that the bundle agrees with itself, not who made it nor that the method really gave these "
    "predictions; times, sizes, environment and the words that tell a variant are taken as stated."
)


@dataclass(frozen=True)
class VerifiedBundle:
    """One run that reads like a results folder, and cannot be written.

    Attributes:
        content: what the bundle says, after all checks.
        labels: class of every scored utterance; None where nobody knows them here.
    """

    content: Content
    labels: Mapping[str, str] | None

    @cached_property
    def record(self) -> RunRecord:
        """The run."""
        return self.content.record

    def runs(self) -> list[RunRecord]:
        """Return the one run."""
        return [self.record]

    def card(self, protocol_hash: str) -> dict[str, Any]:
        """Return the protocol card.

        Raises:
            BundleError: it is of another protocol.
        """
        if protocol_hash != self.record.protocol_hash:
            msg = f"The bundle of {self.record.run_id} holds no protocol {protocol_hash!r}."
            raise BundleError(msg)
        return dict(self.content.raw_card)

    def cells(self, run: RunRecord) -> list[CellRecord]:
        """Return what is stated of every fold."""
        return list(self.content.cells)

    def predictions(self, run: RunRecord, draw: str = "first") -> Predictions:
        """Return the predictions of a draw, joined with the labels.

        Raises:
            BundleError: there is no such draw, or nobody knows the labels here.
        """
        import numpy as np

        if draw not in self.content.rows:
            msg = f"The bundle of {self.record.run_id} has no draw {draw!r}; it has {', '.join(self.record.draws)}."
            raise BundleError(msg)
        if self.labels is None:
            msg = f"The bundle of {self.record.run_id} has no labels. Link the corpus: sabench dataset link."
            raise BundleError(msg)
        rows = self.content.rows[draw]
        index = {label: number for number, label in enumerate(rows.classes)}
        return Predictions(
            ids=rows.ids,
            speaker=np.array(rows.speaker, dtype=np.str_),
            truth=np.array([index[self.labels[name]] for name in rows.ids], dtype=np.int64),
            probabilities=rows.probabilities,
            fold=np.array(rows.fold, dtype=np.str_),
            classes=rows.classes,
        )


@dataclass(frozen=True)
class Verification:
    """What was checked of a bundle.

    Attributes:
        bundle: to read from.
        recomputed: whether every score was made anew from predictions and labels.
        scores: those made anew, by draw; empty where they were not.
        notes: what could not be checked and what was found besides, a sentence each.
    """

    bundle: VerifiedBundle
    recomputed: bool
    scores: Mapping[str, metrics.Scores]
    notes: tuple[str, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """What was checked, in words."""
        run, count = self.bundle.record, len(self.bundle.content.card.scored())
        text = f"{run.run_id}{run.mark}, {count} utterances, {_counted(run.folds, 'fold')}"
        text = f"{text}, {_counted(run.draws, 'draw')}"
        if self.recomputed:
            return f"Verified: {text}; card, keys, utterances and every score agree."
        return f"Consistent, scores not recomputed: {text}; card, keys and utterances agree."


def _counted(what: Sized, name: str) -> str:
    return f"{len(what)} {name}{'s' * (len(what) != 1)}"


def verify(path: Path, *, corpus: Corpus | None = None, registry: Registry | None = None) -> Verification:
    """Check everything in a bundle that can be checked.

    Args:
        path: the file.
        corpus: prepared; needed to recompute scores where the bundle has no labels, and used to check
            its labels and its protocol where it has.
        registry: to check the method's price and name; installed plugins by default.

    Raises:
        BundleError: saying what does not agree.
    """
    from sabench.registry.registry import Registry

    content = open_bundle(path)
    note = plugins.refuse_other(content, registry or Registry())
    return verify_content(content, corpus=corpus, notes=(note,) if note else ())


@strange_values()
def verify_content(content: Content, *, corpus: Corpus | None = None, notes: tuple[str, ...] = ()) -> Verification:
    """Check what a bundle says against itself and, where it is given, the corpus; see `verify`."""
    for check in (
        record.card,
        record.keys,
        record.cells,
        predictions.utterances,
        predictions.probabilities,
        predictions.labels,
    ):
        check(content)
    labels = _own_labels(content)
    if corpus is not None:
        from sabench.bundle.checks import corpus as corpora

        compared = corpora.compare(content, corpus)
        notes = (*notes, compared.sentence)
        labels = labels or compared.labels
    bundle = VerifiedBundle(content, labels)
    if labels is None:
        return Verification(bundle, False, {}, notes)
    scores = {draw: metrics.scores(bundle.predictions(content.record, draw)) for draw in content.rows}
    for draw, of_draw in scores.items():
        score_checks.refuse_other(content, draw, of_draw)
    return Verification(bundle, True, scores, notes)


def _own_labels(content: Content) -> dict[str, str] | None:
    """Return the labels in a bundle; None where it has none."""
    if not content.has_labels:
        return None
    tables = content.rows.values()
    return {name: label for rows in tables for name, label in zip(rows.ids, rows.labels or (), strict=True)}
