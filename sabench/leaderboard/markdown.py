"""A leaderboard as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sabench.leaderboard.answers import answer
from sabench.leaderboard.board import Across, Board, RankedTable, Row
from sabench.leaderboard.cells import (
    ACROSS_HEAD,
    CONTAMINATED,
    across_cells,
    across_title,
    detectable,
    difference,
    harmed,
    p_value,
    ranking_words,
)
from sabench.leaderboard.short_names import shortened
from sabench.verdicts.wording import count, duration, points, rank_words, score_words


def markdown(board: Board) -> str:
    """Return the tables as Markdown; names cannot break out of their cells."""
    board = shortened(board)
    parts = ["# Leaderboard", f"sabench {board.version}, {board.created}."]
    parts += [_across(across) for across in board.across]
    parts += [_table(table) for table in board.tables]
    parts += [f"Left out: {_text(sentence)}" for sentence in board.skipped]
    parts += [f"Damaged, left out: {_text(name)}: {_text(reason)}" for name, reason in board.damaged.items()]
    return "\n\n".join(parts) + "\n"


def _across(across: Across) -> str:
    about = (
        "Mean gains over corpora (random effects, Hartung and Knapp), corrected by Holm over these rows. "
        f"Between corpora: standard deviation of the gain.{_shared(across.shared)}"
    )
    parts = [f"## {_text(across_title(across))}", about, _grid(_ACROSS_HEAD, map(across_cells, across.rows))]
    if across.ranking:
        parts.append(_text(ranking_words(across.ranking, len(across.datasets))))
    return "\n\n".join(parts)


def _table(table: RankedTable) -> str:
    about = (
        f"{_text(table.protocol)}, protocol `{table.protocol_hash}`; {table.score}; {table.n_speakers} speakers, "
        f"{table.n_scored} utterances, {len(table.classes)} classes ({_text(', '.join(table.classes))}). "
        f"Pool: {_text(table.pool) or 'none'}. "
        f"Smallest attainable p: {table.smallest_p:.2g}. Worse for: of so many speakers, by so many points at most. "
        "Detectable: the true difference, in points, that 80 of 100 such comparisons find."
        f"{_shared(table.shared)}"
    )
    parts = [f"## {_text(table.title)}{table.mark}", about]
    if sentence := answer(table):
        parts.append(f"**{_text(sentence)}**")
    for price in table.prices:
        parts += [f"### Access: {_text(price.access)}", _grid(_HEAD, map(_line, price.rows))]
    if table.contaminated:
        parts += [f"### {CONTAMINATED}", _grid(_HEAD, map(_line, table.contaminated))]
    if table.draws:
        parts += ["### Other draws and controls (not ranked)", _grid(_DRAW_HEAD, map(_draw_line, table.draws))]
    if table.literature:
        reported = [
            [row.method, points(row.uar), row.measured or "-", row.source, row.differences] for row in table.literature
        ]
        parts += ["### Reported in the literature (not ranked)", _grid(_REPORTED_HEAD, reported)]
    return "\n\n".join(parts)


_HEAD = (
    "Rank",
    "Method",
    "Access",
    "Seeds",
    "UAR [95% CI]",
    "To baseline",
    "p (Holm)",
    "Worse for",
    "Detectable",
    "Time",
    "Parameters",
    "Speakers",
)
_ACROSS_HEAD = tuple(head[0].upper() + head[1:] for head in ACROSS_HEAD)
_DRAW_HEAD = ("Method", "Draw", "UAR [95% CI]", "To first draw", "p (Holm)", "Worse for", "Detectable")
_REPORTED_HEAD = ("Method", "UAR, reported", "Measured here", "Source", "Differences")


def _line(row: Row) -> list[str]:
    name = f"{row.method} ({row.note})" if row.note else row.method
    return [
        rank_words(row.rank),
        name,
        row.access,
        str(len(row.seeds)),
        score_words(row.uar, row.low, row.high),
        difference(row),
        p_value(row.difference),
        harmed(row.difference),
        detectable(row.difference),
        duration(row.seconds),
        count(row.n_parameters),
        str(row.n_training_speakers or "-"),
    ]


def _draw_line(row: Row) -> list[str]:
    return [
        f"{row.method} ({row.note})" if row.note else row.method,
        row.draw,
        score_words(row.uar, row.low, row.high),
        difference(row),
        p_value(row.difference),
        harmed(row.difference),
        detectable(row.difference),
    ]


def _shared(settings: Sequence[str]) -> str:
    """Return the sentence on settings that all methods share, behind another."""
    return f" All methods have {_text(', '.join(settings))}." if settings else ""


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(value: str) -> str:
    plain = " ".join(value.split())
    for sign in "\\`*_[]<>|#":
        plain = plain.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return plain
