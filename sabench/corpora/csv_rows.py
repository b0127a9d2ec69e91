"""Small tables that a user writes: a CSV or TSV file as rows of text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from sabench.errors import DatasetError


def text_of(path: Path, expected: str) -> str:
    """Return what a text file holds.

    Args:
        path: of the file.
        expected: what it should be, for the sentence where it is not.

    Raises:
        DatasetError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        msg = f"{path} cannot be read: {why}. Expected {expected}."
        raise DatasetError(msg) from error


def rows_in(text: str, path: Path) -> list[dict[str, str]]:
    r"""Return the rows below a header line; comma, semicolon or tab, whichever stands most in it, separates cells.

    Every row has every column; a cell that is not there is empty, and cells beyond the header are left out.

    >>> rows_in("speaker;fold\n03;1\n08", Path("folds.csv"))
    [{'speaker': '03', 'fold': '1'}, {'speaker': '08', 'fold': ''}]

    Raises:
        DatasetError: it is no such table.
    """
    header, _, _ = text.partition("\n")
    separator = max(",;\t", key=header.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        msg = f"{path} cannot be read as a CSV file: {error}."
        raise DatasetError(msg) from error
    return [{name: cell or "" for name, cell in row.items() if name is not None} for row in rows]
