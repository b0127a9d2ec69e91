"""One name for what corpora call by several: which labels of which corpus are the same class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sabench.corpora.csv_rows import rows_in, text_of
from sabench.errors import DatasetError, first_few
from sabench.interfaces.records import Corpus

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "anger": "anger angry ang rage",
        "boredom": "boredom bored",
        "calm": "calm",
        "contempt": "contempt",
        "disgust": "disgust disgusted dis",
        "excitement": "excitement excited exc",
        "fear": "fear fearful afraid anxiety fea",
        "frustration": "frustration frustrated fru",
        "happiness": "happiness happy hap joy joyful",
        "neutral": "neutral neu",
        "sadness": "sadness sad",
        "surprise": "surprise surprised sur",
    }
)
_CLASS_OF: Final = {word: name for name, words in _WORDS.items() for word in words.split()}
_COLUMNS = ("dataset", "label", "class")

Labels = Mapping[str, Mapping[str, str]]
"""Class of the labels of each dataset; a label that is not there is left out."""


def common(corpora: Sequence[Corpus], path: Path | None = None) -> dict[str, dict[str, str]]:
    """Return the classes that all corpora have, as the label that each of them gives to it.

    Args:
        corpora: their classes are looked at.
        path: a CSV file with the columns dataset, label, class that goes before the words known here; an empty class
            leaves the label out.

    Raises:
        DatasetError: the file cannot be used, or the corpora have fewer than two classes in common.
    """
    own = _read(path, corpora) if path else {}
    named = {
        corpus.dataset: {label: _class(corpus.dataset, label, own) for label in corpus.classes} for corpus in corpora
    }
    shared = set.intersection(*({name for name in of.values() if name} for of in named.values()))
    if len(shared) < 2:
        each = "; ".join(f"{corpus.dataset}: {', '.join(corpus.classes)}" for corpus in corpora)
        msg = (
            f"These corpora have {len(shared)} classes in common; two are needed ({each}). Say which labels are the "
            "same with --labels FILE, a CSV file with the columns dataset, label, class."
        )
        raise DatasetError(msg)
    return {
        dataset: {label: name for label, name in labels.items() if name in shared} for dataset, labels in named.items()
    }


def sentences(labels: Labels, corpora: Sequence[Corpus]) -> list[str]:
    """Return the table of labels in words, in the order of the corpora: each class, and what is left out."""
    classes = sorted({name for of in labels.values() for name in of.values()})
    lines = []
    for name in classes:
        each = [
            f"{c.dataset} {label!r}" for c in corpora for label in c.classes if labels[c.dataset].get(label) == name
        ]
        lines.append(f"Class {name!r} is {', '.join(each)}.")
    left = [f"{c.dataset} {label!r}" for c in corpora for label in c.classes if label not in labels[c.dataset]]
    return [*lines, f"Left out: {', '.join(left)}."] if left else lines


def _class(dataset: str, label: str, own: Mapping[tuple[str, str], str]) -> str:
    """Return the class of a label; empty where it has none."""
    word = label.strip().lower()
    return own.get((dataset, label), _CLASS_OF.get(word, word))


def _read(path: Path, corpora: Sequence[Corpus]) -> dict[tuple[str, str], str]:
    rows = rows_in(text_of(path, f"a CSV file with the columns {', '.join(_COLUMNS)}"), path)
    if not rows or not set(_COLUMNS) <= rows[0].keys():
        columns = ", ".join(map(str, rows[0])) if rows else "no row"
        msg = f"{path} has {columns}; expected the columns {', '.join(_COLUMNS)}."
        raise DatasetError(msg)
    known = {(corpus.dataset, label) for corpus in corpora for label in corpus.classes}
    said = {(row["dataset"].strip(), row["label"].strip()): row["class"].strip() for row in rows}
    unknown = [f"{dataset} {label!r}" for dataset, label in said if (dataset, label) not in known]
    if unknown:
        msg = f"{path} speaks of labels that these corpora do not have: {first_few(unknown)}."
        raise DatasetError(msg)
    return said
