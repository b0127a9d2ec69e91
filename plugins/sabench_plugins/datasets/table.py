"""Any corpus in a CSV or parquet file, one row an utterance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench import Corpus, Dataset, DatasetError, Fault, hookimpl, simulation_of, utterance_table
from sabench_plugins.datasets import _cells, _times
from sabench_plugins.datasets._frames import TableFile, read_table_file
from sabench_plugins.datasets._places import AudioPlaces
from sabench_plugins.datasets._reading import refuse_unknown_task
from sabench_plugins.datasets._words import listed, shown

if TYPE_CHECKING:
    import pandas as pd

ALIASES = {
    "file": ("file", "path", "filename", "audio", "wav"),
    "speaker": ("speaker", "speaker_id", "spk"),
    "label": ("label", "emotion"),
    "start": ("start", "start_s"),
    "end": ("end", "end_s"),
    "gender": ("gender", "sex"),
    "neutral": ("neutral",),
    "partition": ("partition", "split", "set"),
    "session": ("session",),
    "id": ("id",),
}
"""Names under which a column is found, the first that is there."""
NEEDED = ("file", "speaker", "label")
NEUTRAL_NAMES = ("neutral", "neu", "n")


class Table(Dataset):
    """A corpus in one file: CSV (any usual delimiter, UTF-8) or parquet.

    Columns: `file` (relative to the table), `speaker`, `label` or `emotion`, and optionally `id`, `start`
    and `end` (seconds, clocks or timedeltas, see `_times`), `gender`, `neutral` (true or false),
    `partition` or `split` (train, dev or validation, test) and `session`. In a parquet file `file` or `audio` may
    hold the recordings themselves. Classes are the labels in sorted order, or as a categorical column of a
    parquet file declares them. Without a column `neutral` the label neutral (or neu, or N) counts as neutral.
    """

    name = "table"
    title = "a corpus in a table"
    licence = "that of the recordings it names"
    citation = "that of the recordings it names"
    tasks = ("label",)
    root_is_file = True

    def load(self, root: Path, task: str) -> Corpus:
        """Read the rows in their order."""
        refuse_unknown_task(self, task)
        root = root.absolute()
        if not root.is_file():
            msg = f"{root} is no file; expected a CSV or parquet file with the columns {', '.join(NEEDED)}."
            raise DatasetError(msg)
        file = read_table_file(root)
        columns = _columns(file, root)
        rows, faults = _rows(file, columns, root)
        faults = [*_unused(file.frame, columns, root), *_mixed_marks(file, columns, root), *faults]
        classes = _classes(file.frame[columns["label"]], rows)
        notes = () if "neutral" in columns else _take_neutral_from_labels(rows, classes)
        return Corpus(
            self.name, task, classes, utterance_table(rows), root, tuple(faults), notes, simulation_of(root.parent)
        )


def _columns(file: TableFile, root: Path) -> dict[str, str]:
    """Return the table's own name of every column that is known."""
    columns = {}
    for name, aliases in ALIASES.items():
        present = [alias for alias in aliases if alias in file.frame.columns]
        if present:
            # Recordings inside the file come before names of files that only their maker has.
            columns[name] = next((alias for alias in present if alias in file.recordings), present[0])
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        needed = "; ".join(f"{name} (or {', '.join(ALIASES[name][1:])})" for name in missing)
        msg = f"{root}:1: missing column {needed}. Its columns: {listed(file.frame.columns)}."
        raise DatasetError(msg)
    return columns


def _unused(frame: pd.DataFrame, columns: Mapping[str, str], root: Path) -> list[Fault]:
    unused = [name for name in frame.columns if name not in columns.values() and not name.startswith("unnamed")]
    if not unused:
        return []
    known = ", ".join(ALIASES)
    return [Fault(f"Columns not used: {listed(unused)}. Known are: {known}.", root.name, 1, fatal=False)]


def _mixed_marks(file: TableFile, columns: Mapping[str, str], root: Path) -> list[Fault]:
    cells = [cell for name in ("start", "end") if name in columns for cell in file.frame[columns[name]]]
    if not _times.mixes_decimal_marks(cells):
        return []
    sentence = (
        "Times have decimal points and decimal commas; one of them may stand for thousands. Write all in one way."
    )
    return [Fault(sentence, root.name, 1)]


def _rows(file: TableFile, columns: Mapping[str, str], root: Path) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return the utterances, and what is wrong with other rows."""
    places = AudioPlaces(root.parent)
    rows: dict[str, dict[str, Any]] = {}
    faults = []
    for line, cells in _records(file.frame, columns):
        try:
            row = _row(cells, places, decimal_comma=file.delimiter not in (",", ""))
            _refuse_repeated(row["id"], rows)
            rows[row["id"]] = row
        except ValueError as error:
            faults.append(Fault(str(error), root.name, line))
    return list(rows.values()), faults


def _records(frame: pd.DataFrame, columns: Mapping[str, str]) -> Iterable[tuple[int, dict[str, Any]]]:
    wanted = frame[list(columns.values())]
    plain = wanted.astype("object").where(wanted.notna(), None)  # pandas' NA refuses to be compared
    for line, *values in plain.itertuples(name=None):
        yield line, dict(zip(columns, values, strict=True))


def _row(cells: Mapping[str, Any], places: AudioPlaces, *, decimal_comma: bool) -> dict[str, Any]:
    """Return the utterance of a row; raises ValueError with what is wrong."""
    for name in NEEDED:
        _refuse_missing(name, cells[name])
    file = str(cells["file"]).strip()
    start_s = _cells.seconds(cells.get("start"), 0.0, decimal_comma=decimal_comma)
    end_s = _cells.seconds(cells.get("end"), float("nan"), decimal_comma=decimal_comma)
    if end_s <= start_s:
        msg = f"the segment ends at {end_s:g} s, before or where it starts ({start_s:g} s)."
        raise ValueError(msg)
    return {
        "id": _cells.text(cells.get("id")) or _id(file, start_s, end_s),
        "path": str(places.audio(file)),
        "start_s": start_s,
        "end_s": end_s,
        "speaker": _cells.text(cells["speaker"]),
        "gender": _cells.gender(cells.get("gender")),
        "label": _cells.text(cells["label"]),
        "neutral": _cells.boolean(cells.get("neutral")),
        "partition": _cells.partition(cells.get("partition")),
        "session": _cells.text(cells.get("session")),
    }


def _refuse_missing(name: str, cell: Any) -> None:
    if _cells.is_missing(cell):
        word = str(cell).strip() if isinstance(cell, str) else ""
        fault = f"says {word!r}, which stands for a missing value" if word else "is empty"
        msg = f"the cell {name!r} {fault}."
        raise ValueError(msg)
    if not isinstance(cell, str | int | float) and not hasattr(cell, "item"):
        msg = f"the cell {name!r} holds {shown(cell)}; expected a text."
        raise ValueError(msg)


def _id(file: str, start_s: float, end_s: float) -> str:
    """Return the file's name, with the segment where it is not the whole file.

    >>> _id("a.wav", 0.0, float("nan")), _id("a.wav", 1.5, 2.0)
    ('a.wav', 'a.wav[1.500-2.000]')
    """
    if start_s == 0 and end_s != end_s:
        return file
    return f"{file}[{start_s:.3f}-{'' if end_s != end_s else format(end_s, '.3f')}]"


def _refuse_repeated(name: str, rows: Mapping[str, Any]) -> None:
    if name in rows:
        msg = f"the utterance {shown(name)} is there twice."
        raise ValueError(msg)


def _classes(labels: pd.Series, rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the labels in their order; categories that differ by spaces alone are one, empty ones are none."""
    import pandas as pd

    if isinstance(labels.dtype, pd.CategoricalDtype):
        texts = (_cells.text(label) for label in labels.cat.categories)
        return tuple(dict.fromkeys(label for label in texts if label is not None))
    return tuple(sorted({row["label"] for row in rows}))


def _take_neutral_from_labels(rows: Iterable[dict[str, Any]], classes: Iterable[str]) -> tuple[str, ...]:
    """Mark the rows of a label that says neutral, and return the sentence that tells so."""
    names = [label for label in classes if label.lower() in NEUTRAL_NAMES]
    if not names:
        return ("No utterance counts as neutral: no column 'neutral', and no label of that name.",)
    for row in rows:
        row["neutral"] = row["label"] in names
    return (f"Neutral enrolment comes from the label {' and '.join(map(repr, names))}: no column 'neutral'.",)


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer tables."""
    return {"table": Table}
