"""Several corpora as one: some to train on, one to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sabench import audio
from sabench.corpora.common_labels import Labels, sentences
from sabench.errors import DatasetError
from sabench.interfaces.records import Corpus, Fault

if TYPE_CHECKING:
    import pandas as pd

_NAMED = ("id", "speaker", "session", "text", "fold")
"""Columns whose names mean something within one corpus."""


def joined(target: Corpus, trained: Sequence[Corpus], labels: Labels) -> Corpus:
    """Return one corpus whose partition says who trains and who is tested, under common classes.

    Utterances and speakers of the target keep their names; those of the others get the name of their corpus in front.

    Args:
        target: prepared.
        trained: prepared; none of the same dataset.
        labels: class of the labels of each dataset.

    Raises:
        DatasetError: one corpus is named twice, or nothing of one is left.
    """
    import pandas as pd

    trained = sorted(trained, key=lambda corpus: corpus.dataset)
    every = (target, *trained)
    names = [corpus.dataset for corpus in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{twice[0]} is trained on and tested, or named twice; name each corpus once."
        raise DatasetError(msg)
    tables = [_part(corpus, labels, "test" if corpus is target else "train") for corpus in every]
    table = pd.concat(tables, ignore_index=True)
    classes = tuple(sorted({name for of in labels.values() for name in of.values()}))
    sizes = [f"{c.dataset} {c.task} ({len(t)} utterances)" for c, t in zip(trained, tables[1:], strict=True)]
    resampled = filter(None, (audio.resampling(corpus.table.get("sampling_rate", ())) for corpus in trained))
    note = f"Trained on {' and '.join(sizes)}, tested on {target.dataset}."
    return replace(
        target,
        classes=classes,
        table=table,
        faults=tuple(_named(fault, corpus) for corpus in every for fault in corpus.faults),
        notes=tuple(dict.fromkeys((*target.notes, note, *sentences(labels, every), *resampled))),
        simulation=next((corpus.simulation for corpus in every if corpus.simulated), None),
        joined={corpus.dataset: {"task": corpus.task, "labels": dict(labels[corpus.dataset])} for corpus in every},
    )


def _part(corpus: Corpus, labels: Labels, partition: str) -> pd.DataFrame:
    table = corpus.table.copy()
    table["label"] = table["label"].map(labels[corpus.dataset])
    table = table[table["label"].notna()]
    if not len(table):
        msg = f"No utterance of {corpus.dataset} has a class that all corpora have."
        raise DatasetError(msg)
    if partition == "train":
        for column in (name for name in _NAMED if name in table):
            table[column] = table[column].map(lambda name: f"{corpus.dataset}:{name}", na_action="ignore")
    return table.assign(partition=partition)


def _named(fault: Fault, corpus: Corpus) -> Fault:
    return replace(fault, message=f"{corpus.dataset}: {fault.message}")
