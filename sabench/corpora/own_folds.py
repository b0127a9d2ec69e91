"""Folds or partitions out of a file of one's own, put in place of those of a corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sabench.corpora.csv_rows import rows_in, text_of
from sabench.errors import DatasetError, first_few
from sabench.interfaces.records import Corpus

_KEYS = {"speaker": "speaker", "id": "id", "utterance": "id", "file": "id", "path": "id"}
_VALUES = ("fold", "partition")
NOTE = "Folds or partitions are those of a file of one's own, not of the corpus."
"""Stands on the protocol card."""
_PARTITIONS = {"train": "train", "validation": "validation", "dev": "validation", "valid": "validation", "test": "test"}


def applied(corpus: Corpus, path: Path) -> Corpus:
    """Return a corpus whose folds, or partitions, are those of a CSV file.

    The file has a column `speaker`, or `id` (of utterances; a path counts by its file name too), and a column `fold`,
    or `partition` (train, validation or dev, test).

    Raises:
        DatasetError: the file cannot be read or used, or leaves utterances out.
    """
    rows = rows_in(text_of(path, "a CSV file with speaker or id, and fold or partition"), path)
    names = {name.strip().lower(): name for name in rows[0]} if rows else {}
    key = next((name for name in _KEYS if name in names), None)
    value = next((name for name in _VALUES if name in names), None)
    if key is None or value is None:
        msg = f"{path} has the columns {', '.join(names) or 'none'}; expected speaker or id, and fold or partition."
        raise DatasetError(msg)
    said = {_name(row[names[key]], _KEYS[key]): row[names[value]].strip() for row in rows}
    if value == "partition":
        said = {name: _partition(path, word) for name, word in said.items()}
    table = corpus.table.copy()
    keys = table[_KEYS[key]].map(lambda name: _name(str(name), _KEYS[key]))
    missing = sorted({str(name) for name in keys if name not in said})
    if missing:
        msg = f"{path} has no row for {len(missing)} {_KEYS[key]}s of the corpus: {first_few(missing)}."
        raise DatasetError(msg)
    table[value] = keys.map(said)
    return replace(corpus, table=table, notes=(*corpus.notes, NOTE))


def _name(text: str, column: str) -> str:
    """Return a speaker, or the name of an utterance without folders and ending."""
    text = text.strip()
    return text if column == "speaker" else text.replace("\\", "/").rpartition("/")[2].rsplit(".", 1)[0]


def _partition(path: Path, word: str) -> str:
    if word.lower() not in _PARTITIONS:
        msg = f"{path} has the partition {word[:40]!r}; expected train, validation or test."
        raise DatasetError(msg)
    return _PARTITIONS[word.lower()]
