from __future__ import annotations

import re
import sys

import pytest

from sabench.cli.tables import table

COLUMNS = ("run", "method", "dataset", "UAR", "created")
ROWS = [
    ("svm-norm-emodb-7class-s0-a1a7683b", "svm-norm", "emodb 7class", 69.9, "2026-11-26 12:00"),
    ("film-ravdess-4class-s0-dc919947", "film (companions=other-speaker)", "ravdess 4class", 61.5, None),
]


@pytest.fixture
def printed(monkeypatch, capsys):
    def show(width, **how):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        table("Runs", COLUMNS, ROWS, **how)
        return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)

    return show


def test_where_nobody_looks_it_is_plain_and_whole(capsys):
    table("Runs", COLUMNS, ROWS)
    out = capsys.readouterr().out
    assert out.splitlines()[1].split() == list(COLUMNS)
    assert "│" not in out
    assert all(str(value) in out for row in ROWS for value in row if value is not None)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_longer_than_the_terminal_and_no_id_is_broken(printed, width):
    out = printed(width, drop=("created", "dataset"))
    assert all(row[0] in out for row in ROWS)
    assert max(map(len, out.splitlines())) <= width


def test_columns_are_dropped_in_their_order_and_no_more_than_needed(printed):
    assert "created" in printed(160, drop=("created", "dataset"))
    out = printed(100, drop=("created", "dataset"))
    assert "created" not in out
    assert "dataset" in out


def test_what_fits_in_no_way_is_stacked(printed):
    out = printed(40)
    assert "│" not in out
    assert "run      svm-norm-emodb-7class-s0-a1a7683b" in out


def test_a_table_without_rows_shows_its_columns(capsys):
    table("", ("a", "b"), [])
    assert capsys.readouterr().out == "a  b\n"


def test_names_cannot_command_a_terminal(capsys):
    table("\x1b[31m", ("a", "b"), [("\x1b[2J", "two\nlines")])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "two lines" in out
