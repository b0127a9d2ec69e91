"""What a corpus says of itself and of its utterances."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench.checks.check import check, refuse
from sabench.checks.datasets.trial import load, rootless
from sabench.checks.subject import Subject
from sabench.errors import DatasetError
from sabench.interfaces.records import COLUMNS, OPTIONAL_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_KIND = "datasets"


@check(_KIND, crash="makes declarations that cannot be read", formal=True)
def declarations_are_sound(subject: Subject) -> None:
    """Users must know what they may do with a corpus, whom to cite, and which tasks there are."""
    dataset: Any = subject.plugin
    faults = [f"names no {what}" for what in ("licence", "citation", "tasks") if not getattr(dataset, what)]
    if len(set(dataset.tasks)) != len(dataset.tasks):
        faults.append(f"names a task twice: {', '.join(dataset.tasks)}")
    for row in dataset.reported:
        if row.task not in dataset.tasks:
            faults.append(f"reports a result for the task {row.task!r} that it does not have")
        if not 0 < row.uar < 1:
            faults.append(f"reports a UAR of {row.uar} for {row.method}; it is a fraction between 0 and 1")
        if not row.source:
            faults.append(f"reports a result of {row.method} without its source")
    refuse(subject, faults)


@check(_KIND, crash="does not say clearly that a corpus is not there", formal=True)
def a_missing_corpus_is_a_clear_error(subject: Subject) -> None:
    """A wrong folder is the first thing that goes wrong; the error names it and says what was expected there."""
    with tempfile.TemporaryDirectory(prefix="sabench-check-") as folder:
        for place, what in ((Path(folder) / "not-there", "a folder that is not there"), (Path(folder), "an empty one")):
            try:
                corpus = load(subject, place)
            except DatasetError as error:
                if place.name not in str(error):
                    refuse(subject, [f"is given {what} and does not name it in its error: {error}"])
                continue
            if len(corpus.table) or not any(fault.fatal for fault in corpus.faults):
                refuse(subject, [f"reads {what} without a DatasetError or a fault that forbids a run"])


@check(_KIND, crash="cannot read one of its tasks", lacks=rootless, basic=True)
def tables_have_the_columns_of_a_corpus(subject: Subject) -> None:
    """Splits, audio and scores are found through these columns, in every task."""
    for task in subject.plugin.tasks:  # type: ignore[attr-defined]  # a dataset
        corpus = load(subject, task=task)
        if tuple(name for name in corpus.table.columns if name not in OPTIONAL_COLUMNS) != COLUMNS:
            columns = ", ".join(map(str, corpus.table.columns))
            refuse(subject, [f"has the columns {columns} in task {task}; expected {', '.join(COLUMNS)}"])
        if not len(corpus.table):
            refuse(subject, [f"finds no utterance for task {task}"])
        if (corpus.dataset, corpus.task) != (subject.cls.name, task):
            refuse(subject, [f"calls task {task} of {subject.cls.name} {corpus.dataset!r} {corpus.task!r}"])
        refuse(subject, _wrong_types(corpus.table))


def _wrong_types(table: pd.DataFrame) -> Iterator[str]:
    for name, kind in (("start_s", "f"), ("end_s", "f"), ("neutral", "b")):
        if table[name].dtype.kind != kind:
            wanted = "true or false" if kind == "b" else "seconds as floating point numbers"
            yield f"gives the column {name} as {table[name].dtype}; expected {wanted}"
    for name in ("id", "path", "speaker", "label"):
        odd = next((value for value in table[name] if not isinstance(value, str) or not value), None)
        if odd is not None:
            yield f"gives {odd!r} in the column {name}; expected a text that is not empty"


@check(_KIND, crash="cannot tell its utterances apart", lacks=rootless)
def ids_are_unique(subject: Subject) -> None:
    """Predictions are joined to labels by id."""
    ids = load(subject).table["id"]
    repeated = ids[ids.duplicated()].tolist()
    refuse(subject, [f"gives the id {repeated[0]!r} to more than one utterance"] if repeated else [])


@check(_KIND, crash="cannot tell its classes", lacks=rootless)
def labels_are_classes_in_a_fixed_order(subject: Subject) -> None:
    """Columns of probabilities follow `classes`; a label outside them could not be scored."""
    for task in subject.plugin.tasks:  # type: ignore[attr-defined]  # a dataset
        corpus = load(subject, task=task)
        strangers = sorted(set(corpus.table["label"]) - set(corpus.classes))
        faults = [f"has labels outside the classes of task {task}: {', '.join(map(str, strangers))}"] * bool(strangers)
        if len(set(corpus.classes)) != len(corpus.classes) or len(corpus.classes) < 2:
            faults.append(f"has the classes {corpus.classes!r} in task {task}; expected two or more, each once")
        if not isinstance(corpus.classes, tuple) or load(subject, task=task).classes != corpus.classes:
            faults.append(f"has classes without a fixed order in task {task}; expected the same tuple each time")
        refuse(subject, faults)


@check(_KIND, crash="cannot tell who speaks", lacks=rootless)
def several_speakers_are_told(subject: Subject) -> None:
    """Speakers are what folds are made of."""
    speakers = load(subject).table["speaker"].unique()
    refuse(
        subject,
        [f"knows one speaker only ({', '.join(speakers)}); a benchmark of speakers needs two"] * (len(speakers) < 2),
    )


@check(_KIND, crash="cannot tell what is neutral", lacks=rootless)
def neutral_utterances_are_flagged(subject: Subject) -> None:
    """Enrolment with neutral speech takes the flagged utterances; where there are none, a note says so."""
    corpus = load(subject)
    if not corpus.table["neutral"].any() and not any("neutral" in note.lower() for note in corpus.notes):
        refuse(subject, ["flags no utterance as neutral, and no note of the corpus says why"])


CHECKS = (
    declarations_are_sound,
    a_missing_corpus_is_a_clear_error,
    tables_have_the_columns_of_a_corpus,
    ids_are_unique,
    labels_are_classes_in_a_fixed_order,
    several_speakers_are_told,
    neutral_utterances_are_flagged,
)
