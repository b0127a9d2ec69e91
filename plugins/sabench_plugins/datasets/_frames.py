"""Table files to frames: delimiter, encoding, index and line numbers settled."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from sabench import DatasetError

if TYPE_CHECKING:
    import pandas as pd

_DELIMITERS = (",", ";", "\t", "|")
_PARQUET = (".parquet", ".pq")


def read_frame(path: Path) -> pd.DataFrame:
    """Return a table with its columns in lower case and, as index, the line (CSV) or row (parquet) of each.

    Raises:
        DatasetError: the file is no table.
    """
    frame = _read_parquet(path) if path.suffix.lower() in _PARQUET else _read_csv(path)
    frame.columns = [str(name).strip().lower() for name in frame.columns]
    repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
    if repeated:
        msg = f"{path} has the column {', '.join(repeated)} twice; keep one of each."
        raise DatasetError(msg)
    if frame.empty:
        msg = f"{path} has no rows; expected a header and one row an utterance."
        raise DatasetError(msg)
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read as parquet ({error}). Write it anew with DataFrame.to_parquet."
        raise DatasetError(msg) from error
    if any(name is not None for name in frame.index.names):  # audformat keeps file, start and end in the index
        frame = frame.reset_index()
    return frame.set_axis(range(1, len(frame) + 1))


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    header, *rows = _csv_rows(path) or [(1, [])]
    if len(header[1]) < 2:
        msg = f"{path} is no table: expected a header like file,speaker,label, found {','.join(header[1])[:60]!r}."
        raise DatasetError(msg)
    for line, row in rows:
        if len(row) != len(header[1]):
            msg = f"{path}:{line}: expected {len(header[1])} columns as in the header, found {len(row)}."
            raise DatasetError(msg)
    return pd.DataFrame([row for _, row in rows], columns=header[1], index=[line for line, _ in rows], dtype="object")


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        content = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=_delimiter(content), strict=True)
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except UnicodeDecodeError as error:
        msg = f"{path} is no table in UTF-8 (byte {error.start}). Save it as CSV in UTF-8, or as parquet."
        raise DatasetError(msg) from error
    except csv.Error as error:
        msg = f"{path}:{reader.line_num}: cannot be read as CSV ({error})."
        raise DatasetError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror})."
        raise DatasetError(msg) from error


def _delimiter(content: str) -> str:
    """Return what occurs most often in the header; guesses from the data trip over decimal commas."""
    header = content.partition("\n")[0]
    return max(_DELIMITERS, key=header.count)
