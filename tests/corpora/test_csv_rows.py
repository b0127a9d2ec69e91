"""Small tables of a user: short rows, long rows, and what is no table."""

from __future__ import annotations

from pathlib import Path

import pytest

from sabench.corpora.csv_rows import rows_in, text_of
from sabench.errors import DatasetError

PATH = Path("table.csv")


def test_a_short_row_has_empty_cells_and_a_long_one_loses_what_no_column_names() -> None:
    assert rows_in("speaker,fold\n03\n08,2,more\n", PATH) == [
        {"speaker": "03", "fold": ""},
        {"speaker": "08", "fold": "2"},
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_that_of_the_header(separator: str) -> None:
    text = separator.join(("speaker", "fold")) + "\r\n" + separator.join(("03", "1"))
    assert rows_in(text, PATH) == [{"speaker": "03", "fold": "1"}]


def test_a_cell_without_end_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"table\.csv cannot be read as a CSV file: field larger than"):
        rows_in('speaker,fold\n"' + "x" * 200_000, PATH)


def test_what_is_no_text_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DatasetError, match=r"it is not UTF-8\. Expected a CSV file\.$"):
        text_of(path, "a CSV file")
