"""Table files to frames: delimiter, encoding, index and line numbers settled."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sabench import DatasetError
from sabench_plugins.datasets._words import listed, shown

if TYPE_CHECKING:
    import pandas as pd

_DELIMITERS = (",", ";", "\t", "|")
_PARQUET = (".parquet", ".pq")
_SEP_LINE = re.compile(r"sep=(.)", re.IGNORECASE)  # what Excel writes and reads above the header


class TableFile(NamedTuple):
    """What a file holds.

    Attributes:
        frame: columns in lower case; the index is the line (CSV) or row (parquet) of each row.
        delimiter: between cells of a CSV; empty for parquet.
        recordings: columns that held recordings themselves, and now name files in the cache.
    """

    frame: pd.DataFrame
    delimiter: str = ""
    recordings: tuple[str, ...] = ()


def read_table_file(path: Path) -> TableFile:
    """Return the table in a CSV or parquet file.

    Raises:
        DatasetError: the file is no table.
    """
    file = _read_parquet(path) if path.suffix.lower() in _PARQUET else _read_csv(path)
    frame = file.frame
    frame.columns = [_column_name(name, number) for number, name in enumerate(frame.columns, start=1)]
    repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
    if repeated:
        msg = f"{path} has the column {listed(repeated)} twice; keep one of each."
        raise DatasetError(msg)
    if frame.empty:
        msg = f"{path} has no rows; expected a header and one row an utterance."
        raise DatasetError(msg)
    return file


def _column_name(name: object, number: int) -> str:
    return str(name).strip().lower() or f"column {number} (without a name)"


def _read_parquet(path: Path) -> TableFile:
    from sabench_plugins.datasets._parquet import read_parquet

    frame, recordings = read_parquet(path)
    if any(name is not None for name in frame.index.names):  # audformat keeps file, start and end in the index
        frame = frame.reset_index()
    frame = frame.set_axis(range(1, len(frame) + 1))
    return TableFile(frame, recordings=tuple(name.strip().lower() for name in recordings))


def _read_csv(path: Path) -> TableFile:
    import pandas as pd

    content = _text(path)
    stated = _SEP_LINE.fullmatch(content.partition("\n")[0].strip())
    delimiter = stated[1] if stated else _delimiter(content)
    rows = _csv_rows(path, content, delimiter)[1 if stated else 0 :]
    header = rows[0][1] if rows else []
    if len(header) < 2:
        msg = f"{path} is no table: expected a header like file,speaker,label, found {shown(','.join(header))}."
        raise DatasetError(msg)
    for line, row in rows[1:]:
        if len(row) != len(header):
            msg = f"{path}:{line}: expected {len(header)} columns as in the header, found {len(row)}."
            raise DatasetError(msg)
    lines = [line for line, _ in rows[1:]]
    frame = pd.DataFrame([row for _, row in rows[1:]], columns=header, index=lines, dtype="object")
    return TableFile(frame, delimiter)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} is no table in UTF-8 (byte {error.start}). Save it as CSV in UTF-8, or as parquet."
        raise DatasetError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror})."
        raise DatasetError(msg) from error


def _csv_rows(path: Path, content: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        msg = f"{path}:{reader.line_num}: cannot be read as CSV ({error})."
        raise DatasetError(msg) from error


def _delimiter(content: str) -> str:
    """Return what occurs most often in the header; guesses from the data trip over decimal commas."""
    header = content.partition("\n")[0]
    return max(_DELIMITERS, key=header.count)
