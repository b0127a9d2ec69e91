"""A corpus as a table of rules: how names of files, and the tables beside them, are to be understood."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sabench import DatasetError
from sabench_plugins.datasets._reading import text_of
from sabench_plugins.datasets._words import listed

Fields = dict[str, str]
Rule = str | Callable[[Fields], str | None]
"""A format over fields, such as `Actor_{actor}`, or a function of them; None where the corpus does not say."""


@dataclass(frozen=True)
class Task:
    """One set of classes.

    Attributes:
        labels: the code that a file or table gives, to a class; in the order of classes.
        coded: the field that holds the code.
        where: fields that must match these patterns; other recordings belong to other tasks.
        published: utterances of the published corpus, whatever their code.
        of: what is counted, such as ` of speech`.
    """

    labels: Mapping[str, str]
    coded: str = "emotion"
    where: Mapping[str, str] = field(default_factory=dict)
    published: int | None = None
    of: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Each class once, in order."""
        return tuple(dict.fromkeys(self.labels.values()))


@dataclass(frozen=True)
class Join:
    """A table that says more of recordings or speakers.

    Attributes:
        file: pattern of its name.
        key: of a recording, as a format over its fields.
        read: its rows: the key, and what the table says.
        tasks: that cannot do without it.
        every: whether each row must have its recording.
    """

    file: str
    key: str
    read: Callable[[Path], Iterable[tuple[str, Fields]]]
    tasks: tuple[str, ...] = ()
    every: bool = False


@dataclass(frozen=True)
class Layout:
    """How a corpus is to be read.

    Attributes:
        path: pattern of the end of a recording's path, without its ending; its groups are the fields.
        example: of such a path.
        means: what its parts say, in their order.
        root: which folder is expected.
        tasks: by name.
        id: of an utterance.
        speaker: None for an utterance that is left out, and counted.
        speakers: of the published corpus, where those who are missing are to be named.
        gender: of the speaker.
        session: in which it was recorded.
        partition: train, validation or test.
        text: which sentence is said.
        neutral: codes that may serve as neutral enrolment.
        left_out: codes that are no class in any task, with what they mean; counted.
        codes: further codes, which no task of this reader takes.
        nobody: why an utterance is left out whose speaker is None.
        bad: patterns of ids or file names of recordings that are known to be unusable, with the reason.
        joins: tables beside the recordings.
        notes: sentences for the protocol card, from all recordings.
        remarks: sentences for whoever checks the corpus.
    """

    path: str
    example: str
    root: str
    tasks: Mapping[str, Task]
    means: str = ""
    id: Rule = "{name}"
    speaker: Rule = "{speaker}"
    speakers: tuple[str, ...] = ()
    gender: Rule = lambda fields: None
    session: Rule = lambda fields: None
    partition: Rule = lambda fields: None
    text: Rule = lambda fields: None
    neutral: tuple[str, ...] = ("neutral",)
    left_out: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    nobody: str = "their speaker is not known"
    bad: Mapping[str, str] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()
    notes: Callable[[list[Fields]], tuple[str, ...]] = lambda recordings: ()
    remarks: tuple[str, ...] = ()

    def fault_of(self, *names: str) -> str | None:
        """Return why a recording of these names cannot be used; None where it can."""
        return next((why for bad, why in self.bad.items() if any(re.fullmatch(bad, name) for name in names)), None)

    def known(self, code_field: str) -> set[str]:
        """Return every code that a field may hold."""
        own = {code for task in self.tasks.values() if task.coded == code_field for code in task.labels}
        return own | {*self.left_out, *self.codes}


def applied(rule: Rule, fields: Fields) -> str | None:
    """Return what a rule says of fields; None where the corpus does not say."""
    return rule.format(**fields) if isinstance(rule, str) else rule(fields)


def csv_rows(key: str, **columns: str) -> Callable[[Path], Iterator[tuple[str, Fields]]]:
    """Return a reader of CSV files for `Join`: the column of keys, and that of each field.

    Columns are found whatever their capitals; keys lose an ending such as `.wav`.
    """

    def read(path: Path) -> Iterator[tuple[str, Fields]]:
        rows = csv.DictReader(io.StringIO(text_of(path), newline=""))
        names = {str(name).strip().lower(): name for name in rows.fieldnames or ()}
        missing = [name for name in (key, *columns.values()) if name.lower() not in names]
        if missing:
            msg = f"{path}:1: missing column {listed(missing)}. Its columns: {listed(names)}."
            raise DatasetError(msg)
        for row in rows:
            said = {name: (row[names[column.lower()]] or "").strip() for name, column in columns.items()}
            yield (row[names[key.lower()]] or "").strip().removesuffix(".wav"), said

    return read
