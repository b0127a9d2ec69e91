"""Settings that all rows of a table share, said once above it instead of in every name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sabench.leaderboard.board import Across, AcrossRow, Board, Difference, RankedTable, Ranking, Row

_NEXT = re.compile(r", (?=[\w.-]+=|search$)")
"""What parts two settings; a comma inside a value, as in `hidden=[64, 32]`, does not."""


def settings(variant: str) -> tuple[str, ...]:
    """Return the settings that a variant is made of.

    >>> settings("features=dvector, mlp.hidden=[64, 32], search")
    ('features=dvector', 'mlp.hidden=[64, 32]', 'search')
    """
    return tuple(_NEXT.split(variant)) if variant else ()


def shared(variants: Iterable[str]) -> tuple[str, ...]:
    """Return the settings that all variants hold, in the order of the first.

    >>> shared(["features=dvector, svm.C=0.1", "features=dvector"])
    ('features=dvector',)
    """
    parts = [settings(variant) for variant in variants]
    return tuple(one for one in parts[0] if all(one in others for others in parts)) if parts else ()


def shortened(board: Board) -> Board:
    """Return a board for readers: no name tells a setting again that all rows of its table share."""
    return replace(
        board,
        across=tuple(_short_across(across) for across in board.across),
        tables=tuple(_short_table(table) for table in board.tables),
    )


def _short_table(table: RankedTable) -> RankedTable:
    if not table.shared:
        return table
    short = _shortener(table.measured, table.shared)
    return replace(
        table,
        rows=_short_rows(table.rows, short),
        draws=_short_rows(table.draws, short),
        contaminated=_short_rows(table.contaminated, short),
        literature=tuple(replace(row, measured=short(row.measured)) for row in table.literature),
    )


def _short_across(across: Across) -> Across:
    if not across.shared:
        return across
    short = _shortener(across.rows, across.shared)
    rows = [
        replace(r, method=short(r.method), baseline=short(r.baseline), sentence=short(r.sentence)) for r in across.rows
    ]
    return replace(across, rows=tuple(rows), ranking=_short_ranking(across.ranking, short))


_Short = Callable[[str], str]


def _short_ranking(ranking: Ranking | None, short: _Short) -> Ranking | None:
    return ranking and replace(ranking, methods=tuple(map(short, ranking.methods)))


def _short_rows(rows: Sequence[Row], short: _Short) -> tuple[Row, ...]:
    return tuple(replace(r, method=short(r.method), difference=_short_difference(r.difference, short)) for r in rows)


def _short_difference(gain: Difference | None, short: _Short) -> Difference | None:
    if gain is None:
        return None
    return replace(gain, baseline=short(gain.baseline), sentence=short(gain.sentence), harm=short(gain.harm))


def _shortener(rows: Iterable[Row | AcrossRow], common: Sequence[str]) -> _Short:
    """Return what leaves the shared settings out of names, and out of sentences with such names."""
    brackets = {row.variant: _bracketed(own for own in settings(row.variant) if own not in common) for row in rows}
    return lambda text: _replaced(text, {_bracketed([variant]): left for variant, left in brackets.items()})


def _bracketed(parts: Iterable[str]) -> str:
    """Return settings as they stand behind a name."""
    inside = ", ".join(parts)
    return f" ({inside})" if inside else ""


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    for long, left in replacements.items():
        text = text.replace(long, left)
    return text
