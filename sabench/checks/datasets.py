"""What a dataset is held to; most checks read a corpus, which `root` names."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sabench import audio
from sabench.checks.check import NotApplicable, check, refuse
from sabench.checks.subject import Subject
from sabench.errors import AudioError, DatasetError
from sabench.interfaces import Dataset
from sabench.records import COLUMNS, Corpus

if TYPE_CHECKING:
    import pandas as pd

AUDIO_READ: Final = 20
"""So many recordings are decoded."""
MOST_FILES: Final = 50_000
_KIND = "datasets"


def _rootless(subject: Subject) -> str:
    return "" if subject.root else "no corpus to read: name its folder with --root, or as root= in a test"


def load(subject: Subject, root: Path | None = None, task: str | None = None) -> Corpus:
    """Return the corpus at a root for a task, the first by default.

    Raises:
        CheckFailure: what `load` returns is no corpus.
    """
    dataset: Dataset = subject.fresh()
    place = root or subject.corpus_root()
    if place is None:
        raise NotApplicable(_rootless(subject))
    corpus = dataset.load(place, task or dataset.tasks[0])
    if not isinstance(corpus, Corpus):
        refuse(subject, [f"returns {type(corpus).__name__} from load; expected a sabench.Corpus"])
    return corpus


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


@check(_KIND, crash="cannot read one of its tasks", lacks=_rootless, basic=True)
def tables_have_the_columns_of_a_corpus(subject: Subject) -> None:
    """Splits, audio and scores are found through these columns, in every task."""
    for task in subject.plugin.tasks:  # type: ignore[attr-defined]  # a dataset
        corpus = load(subject, task=task)
        if tuple(corpus.table.columns) != COLUMNS:
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


@check(_KIND, crash="cannot tell its utterances apart", lacks=_rootless)
def ids_are_unique(subject: Subject) -> None:
    """Predictions are joined to labels by id."""
    ids = load(subject).table["id"]
    repeated = ids[ids.duplicated()].tolist()
    refuse(subject, [f"gives the id {repeated[0]!r} to more than one utterance"] if repeated else [])


@check(_KIND, crash="cannot tell its classes", lacks=_rootless)
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


@check(_KIND, crash="names audio that cannot be read", lacks=_rootless)
def recordings_can_be_read(subject: Subject) -> None:
    """Every row leads to audio, by an absolute path and within the file."""
    table = load(subject).table
    relative = [path for path in table["path"] if not os.path.isabs(path)]
    refuse(subject, [f"gives the path {relative[0]!r}; expected absolute paths"] if relative else [])
    rows = table.iloc[:: max(len(table) // AUDIO_READ, 1)]
    segments = zip(*(rows[name].tolist() for name in ("path", "start_s", "end_s")), strict=True)
    for path, start_s, end_s in segments:
        try:
            audio.read(Path(path), start_s, None if math.isnan(end_s) else end_s)
        except AudioError as error:
            refuse(subject, [f"leads to audio that cannot be read: {str(error).rstrip('.')}"])


@check(_KIND, crash="cannot tell who speaks", lacks=_rootless)
def several_speakers_are_told(subject: Subject) -> None:
    """Speakers are what folds are made of."""
    speakers = load(subject).table["speaker"].unique()
    refuse(
        subject,
        [f"knows one speaker only ({', '.join(speakers)}); a benchmark of speakers needs two"] * (len(speakers) < 2),
    )


@check(_KIND, crash="cannot tell what is neutral", lacks=_rootless)
def neutral_utterances_are_flagged(subject: Subject) -> None:
    """Enrolment with neutral speech takes the flagged utterances; where there are none, a note says so."""
    corpus = load(subject)
    if not corpus.table["neutral"].any() and not any("neutral" in note.lower() for note in corpus.notes):
        refuse(subject, ["flags no utterance as neutral, and no note of the corpus says why"])


@check(_KIND, crash="cannot be read twice", lacks=_rootless)
def reading_again_gives_the_same(subject: Subject) -> None:
    """The order of rows is the corpus order, by which enrolment is chosen; it follows no chance and no file system."""
    first, again = load(subject), load(subject)
    if not first.table.equals(again.table):
        refuse(subject, ["gives another table when the same corpus is read again"])


@check(_KIND, crash="cannot be read from another place", lacks=_rootless)
def moving_the_corpus_changes_nothing_but_paths(subject: Subject) -> None:
    """Two people with the same corpus must get the same folds, wherever each keeps it."""
    with _elsewhere(subject) as root:
        here, there = (load(subject, place).table.drop(columns="path") for place in (None, root))
        if not here.equals(there):
            differing = [str(name) for name in here if not here[name].equals(there[name])]
            refuse(subject, [f"gives other {', '.join(differing)} when the corpus lies elsewhere"])


@check(_KIND, crash="cannot be read where a recording is missing", lacks=_rootless)
def a_missing_recording_is_told(subject: Subject) -> None:
    """A recording that vanishes without a word makes two copies of a corpus look the same."""
    before = load(subject)
    with _elsewhere(subject) as root:
        folder = root if root.is_dir() else root.parent
        path = Path(load(subject, root).table["path"].iloc[-1])
        if not path.is_relative_to(folder):
            raise NotApplicable("its audio lies outside its root")
        path.unlink()
        try:
            after = load(subject, root)
        except DatasetError:
            return
        told = {(fault.message, fault.line) for fault in after.faults} - {(f.message, f.line) for f in before.faults}
        # A row that still names the file is found by the harness, which decodes it.
        if not told and str(path) not in set(after.table["path"]):
            refuse(subject, [f"leaves out {path.name}, which was removed, without a fault that says so"])


@check(_KIND, crash="cannot read a corpus that it may not write to", lacks=_rootless)
def reading_leaves_the_corpus_alone(subject: Subject) -> None:
    """Corpora are shared, licensed and often read-only."""
    root = subject.corpus_root()
    folder = root if root and root.is_dir() else None
    if folder is None:
        raise NotApplicable("its root is a file")
    before = _listing(folder)
    load(subject)
    if _listing(folder) != before:
        refuse(subject, ["changes files of the corpus while it reads it"])


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    found = []
    for place, _, names in os.walk(folder, followlinks=True):
        found += [Path(place) / name for name in names]
        if len(found) > MOST_FILES:
            raise NotApplicable(f"its folder holds more than {MOST_FILES:,} files")
    return found


@contextmanager
def _elsewhere(subject: Subject) -> Iterator[Path]:
    """Yield the root of the same corpus in another place, made of links."""
    root = subject.corpus_root()
    if root is None:
        raise NotApplicable(_rootless(subject))
    root = root.absolute()
    folder = root if root.is_dir() else root.parent
    with tempfile.TemporaryDirectory(prefix="sabench-check-") as made:
        elsewhere = Path(made) / folder.name
        for path in _files(folder):
            link = elsewhere / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
        yield elsewhere if root.is_dir() else elsewhere / root.name


CHECKS = (
    declarations_are_sound,
    a_missing_corpus_is_a_clear_error,
    tables_have_the_columns_of_a_corpus,
    ids_are_unique,
    labels_are_classes_in_a_fixed_order,
    recordings_can_be_read,
    several_speakers_are_told,
    neutral_utterances_are_flagged,
    reading_again_gives_the_same,
    moving_the_corpus_changes_nothing_but_paths,
    a_missing_recording_is_told,
    reading_leaves_the_corpus_alone,
)
