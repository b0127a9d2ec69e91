"""Tables on standard output: with lines in a terminal, stacked where it is narrow, plain where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sabench.cli.texts import visible

_IDS: Final = ("run", "id", "name")
"""Columns that are copied from the screen: never broken, never dropped."""
_LEAST: Final = 10
"""Characters that a column of text may be squeezed to."""


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, drop: Sequence[str] = ()) -> None:
    """Print a table; columns that hold only numbers are set to the right.

    Args:
        title: above it; may be empty.
        columns: their names.
        rows: of values.
        drop: names of columns that may be left out where the terminal is narrow, the first first.
    """
    cells = [[_shown(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        print(plain(title, columns, cells), flush=True)
        return
    width = _terminal_width()
    shown = fitting(columns, cells, drop, width)
    columns, cells = [columns[i] for i in shown], [[row[i] for i in shown] for row in cells]
    if len(columns) > 2 and sum(_least_widths(columns, cells)) + 3 * len(columns) + 1 > width:
        print(stacked(title, columns, cells), flush=True)
    else:
        _print_lined(title, columns, cells)


def plain(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return a table as text without lines, every value whole.

    >>> print(plain("", ["run", "UAR"], [["svm-emodb", "61.6"], ["svm", "9.5"]]))
    run         UAR
    svm-emodb  61.6
    svm         9.5
    """
    widths, right = _widths(columns, cells), _numeric(columns, cells)
    lines = [visible(title)] if title else []
    for row in ([columns] if any(columns) else []) + list(cells):
        padded = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(map(_one_line, row), widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def stacked(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return a table as one block of lines a row, for narrow terminals.

    >>> print(stacked("Runs", ["run", "UAR"], [["svm-emodb", "61.6"]]))
    Runs
    <BLANKLINE>
    run  svm-emodb
    UAR  61.6
    """
    width = max(map(len, columns))
    blocks = [
        "\n".join(f"{visible(name).ljust(width)}  {cell}" for name, cell in zip(columns, row, strict=True))
        for row in cells
    ]
    return "\n\n".join([visible(title), *blocks] if title else blocks)


def fitting(columns: Sequence[str], cells: Sequence[Sequence[str]], drop: Sequence[str], width: int) -> list[int]:
    """Return the positions of the columns that a terminal of some width has room for, as few as needed dropped.

    >>> fitting(["run", "method", "created"], [["svm-emodb-7class", "svm", "2026-11-26"]], ["created"], 30)
    [0, 1]
    """
    shown = list(range(len(columns)))
    widths = _widths(columns, cells)
    for name in drop:
        if sum(widths[i] for i in shown) + 3 * len(shown) + 1 <= width:
            break
        shown = [i for i in shown if columns[i] != name]
    return shown


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, map(_one_line, column))) for column in zip(columns, *cells, strict=True)]


def _least_widths(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    numeric = _numeric(columns, cells)
    return [
        width if name in _IDS or number else min(width, max(_LEAST, len(name)))
        for name, width, number in zip(columns, _widths(columns, cells), numeric, strict=True)
    ]


def _numeric(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[bool]:
    return [bool(cells) and all(_is_number(row[position]) for row in cells) for position in range(len(columns))]


def _print_lined(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    lined = Table(title=Text(visible(title)) if title else None, title_justify="left", show_header=any(columns))
    for name, number in zip(columns, _numeric(columns, cells), strict=True):
        lined.add_column(
            Text(visible(name)),
            justify="right" if number else "left",
            overflow="fold",
            no_wrap=name in _IDS or number,
        )
    for row in cells:
        lined.add_row(*(Text(cell) for cell in row))  # as Text, names are not read as markup
    Console(file=sys.stdout).print(lined)


def _terminal_width() -> int:
    from rich.console import Console

    return Console(file=sys.stdout).width


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else visible(str(value))


def _one_line(text: str) -> str:
    return " ".join(visible(text).split("\n"))


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "", 1).lstrip("-+").rstrip(" %s").isdigit()
