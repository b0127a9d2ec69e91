"""Predictions as text: one row an utterance, every digit of every probability."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sabench.errors import BundleError

if TYPE_CHECKING:
    from sabench.interfaces.records import Predictions

_FIRST: Final = ("fold", "id", "speaker")
_PROBABILITY: Final = "p:"


@dataclass(frozen=True)
class Rows:
    """One draw's predictions as a bundle holds them.

    Attributes:
        name: of the member they stand in.
        classes: in the order of the columns.
        fold, ids, speaker: one text a row.
        labels: one class a row; None where the corpus does not allow to share them.
        probabilities: shape `(n, n_classes)`.
    """

    name: str
    classes: tuple[str, ...]
    fold: tuple[str, ...]
    ids: tuple[str, ...]
    speaker: tuple[str, ...]
    labels: tuple[str, ...] | None
    probabilities: np.ndarray


def member_of(draw: str) -> str:
    """Return the name of the member that holds a draw.

    >>> member_of("first"), member_of("nth:3/5")
    ('predictions/first.csv', 'predictions/nth-3-5.csv')
    """
    return f"predictions/{re.sub('[:/]', '-', draw)}.csv"


def written(predictions: Predictions, *, with_labels: bool) -> bytes:
    """Return predictions as CSV; numbers are written so that reading gives the same bits."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*_FIRST, *(["label"] if with_labels else []), *(_PROBABILITY + c for c in predictions.classes)])
    labels = [predictions.classes[index] for index in predictions.truth.tolist()]
    columns = zip(predictions.fold.tolist(), predictions.ids, predictions.speaker.tolist(), labels, strict=True)
    for (fold, name, speaker, label), row in zip(columns, predictions.probabilities.tolist(), strict=True):
        writer.writerow([fold, name, speaker, *([label] if with_labels else []), *map(repr, row)])
    return stream.getvalue().encode()


def read(name: str, content: bytes) -> Rows:
    """Return the rows of a member.

    Raises:
        BundleError: it is no such table, or a probability is no number.
    """
    lines = _lines(name, content)
    header = lines[0] if lines else []
    with_labels = header[3:4] == ["label"]
    start = 3 + with_labels
    classes = tuple(text.removeprefix(_PROBABILITY) for text in header[start:])
    if tuple(header[:3]) != _FIRST or not classes or not all(t.startswith(_PROBABILITY) for t in header[start:]):
        msg = f"{name} begins with {','.join(header)!r}; expected fold,id,speaker,(label,) and one p:CLASS a class."
        raise BundleError(msg)
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            msg = f"{name}, line {number}: {len(line)} values; expected {len(header)}."
            raise BundleError(msg)
    fold, ids, speaker = (tuple(line[i] for line in lines[1:]) for i in range(3))
    labels = tuple(line[3] for line in lines[1:]) if with_labels else None
    return Rows(name, classes, fold, ids, speaker, labels, _probabilities(name, lines[1:], start, len(classes)))


def _lines(name: str, content: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{name} is no CSV in UTF-8: {error}."
        raise BundleError(msg) from error


def _probabilities(name: str, lines: list[list[str]], start: int, n_classes: int) -> np.ndarray:
    probabilities = np.empty((len(lines), n_classes))
    for number, line in enumerate(lines):
        try:
            probabilities[number] = [float(text) for text in line[start:]]
        except ValueError as error:
            msg = f"{name}, line {number + 2}: a probability is no number ({error})."
            raise BundleError(msg) from error
    return probabilities
