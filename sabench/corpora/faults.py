"""What may be wrong with a corpus beyond what its reader sees. Pure: a table in, faults out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sabench.corpora.names import faults_of_names
from sabench.corpora.sound import faults_of_sound
from sabench.interfaces.records import Corpus, Fault

if TYPE_CHECKING:
    import pandas as pd

_PARTITIONS: Final = ("train", "validation", "test")


def faults_of(corpus: Corpus, measured: pd.DataFrame) -> tuple[Fault, ...]:
    """Return every fault of a prepared table, those over which numbers go wrong first.

    Args:
        corpus: with digests; the faults of its reader are not repeated.
        measured: a `sabench.corpora.decoding.Measurement` of every row.
    """
    table = corpus.table
    if table.empty:
        return (Fault("The corpus holds no usable utterance for this task."),)
    return (
        *_unreadable(corpus, measured["reason"]),
        *_one_class(corpus),
        *_unknown_values(corpus),
        *faults_of_names(corpus),
        *faults_of_sound(corpus, measured, lambda path: _relative(corpus, path)),
        *_repeated_ids(table),
        *_identical_audio(corpus),
        *_poor_speakers(table),
        *_absent_classes(corpus),
    )


def _unreadable(corpus: Corpus, reasons: Iterable[str]) -> Iterator[Fault]:
    once = {(path, reason) for path, reason in zip(corpus.table["path"], reasons, strict=True) if reason}
    for path, reason in sorted(once):
        yield Fault(reason, file=_relative(corpus, path))


def _one_class(corpus: Corpus) -> Iterator[Fault]:
    labels = sorted(set(corpus.table["label"].astype(str)))
    if len(labels) == 1:
        yield Fault(f"Every utterance is labelled {labels[0]!r}; a classifier needs two classes or more.")


def _unknown_values(corpus: Corpus) -> Iterator[Fault]:
    table = corpus.table
    for column, known in (("label", corpus.classes), ("partition", _PARTITIONS)):
        given = table[column] if column == "label" else table[column].dropna()
        for value in sorted(set(given.astype(str)) - set(known)):
            first = table.loc[table[column].astype(str) == value, "id"].iloc[0]
            yield Fault(f"Utterance {first!r} has the {column} {value!r}; expected one of {', '.join(known)}.")
    for row in table.loc[table["speaker"].isna() | (table["speaker"].astype(str) == ""), "id"]:
        yield Fault(f"Utterance {row!r} has no speaker.")


def _repeated_ids(table: pd.DataFrame) -> Iterator[Fault]:
    counts = table["id"].value_counts(sort=False)
    for name, count in counts[counts > 1].items():
        yield Fault(f"The id {name!r} stands for {count} utterances; ids must be unique.")


def _identical_audio(corpus: Corpus) -> Iterator[Fault]:
    table = corpus.table[corpus.table["digest"].notna()]
    for _, rows in table[table.duplicated("digest", keep=False)].groupby("digest", sort=False):
        names = ", ".join(rows["id"].astype(str))
        place = _relative(corpus, rows["path"].iloc[0])
        differing = [column for column in ("speaker", "label") if rows[column].nunique() > 1]
        if differing:
            differences = " and ".join(
                f"{column}s {', '.join(map(str, rows[column].unique()))}" for column in differing
            )
            yield Fault(
                f"Identical audio stands for different {differences}: {names}. Remove or correct one.", file=place
            )
        else:
            yield Fault(f"Identical audio, of one speaker and label: {names}.", file=place, fatal=False)


def _poor_speakers(table: pd.DataFrame) -> Iterator[Fault]:
    for speaker, rows in table.groupby("speaker", sort=True):
        if len(rows) == 1:
            yield Fault(f"Speaker {speaker!r} has one utterance only: it is either scored or enrolled.", fatal=False)
        if not rows["neutral"].any():
            sentence = (
                f"Speaker {speaker!r} has no neutral utterance: methods that enrol one cannot serve this speaker."
            )
            yield Fault(sentence, fatal=False)


def _absent_classes(corpus: Corpus) -> Iterator[Fault]:
    absent = [name for name in corpus.classes if name not in set(corpus.table["label"])]
    if absent:
        kept = f"task {corpus.task!r} keeps its {len(corpus.classes)} classes"
        sentence = f"No utterance is labelled {', '.join(absent)}; {kept}."
        yield Fault(sentence, fatal=False)


def _relative(corpus: Corpus, path: str) -> str:
    folder = corpus.root if corpus.root.is_dir() else corpus.root.parent
    try:
        return Path(path).relative_to(folder.absolute()).as_posix()
    except ValueError:
        return path
