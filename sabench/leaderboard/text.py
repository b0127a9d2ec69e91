"""A leaderboard as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from sabench.leaderboard.board import Board, Difference, Row, Table
from sabench.verdicts.wording import count, duration, points, score_words

CSV_COLUMNS = (
    "dataset", "task", "simulated", "protocol", "protocol_hash", "part", "access_group", "rank", "method",
    "features", "normaliser", "access", "draw", "seeds", "uar", "low", "high", "uar_mean", "uar_pooled",
    "baseline", "difference", "difference_low", "difference_high", "p", "p_corrected", "verdict",
    "worst_speaker", "worst_uar", "gini", "seconds", "n_parameters", "n_training_speakers", "note", "runs",
)  # fmt: skip


def csv_text(board: Board) -> str:
    """Return one line a row: ranked methods, other draws, and reported results; scores are fractions.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for table in board.tables:
        for part, rows in (("measured", table.rows), ("draw", table.draws)):
            writer.writerows(_csv_row(table, part, row) for row in rows)
        writer.writerows(_csv_reported(table))
    return stream.getvalue()


def _csv_row(table: Table, part: str, row: Row) -> dict[str, object]:
    found = row.difference
    values = {
        **_place(table),
        "part": part,
        "access_group": row.group,
        "seeds": " ".join(map(str, row.seeds)),
        "runs": " ".join(row.runs),
        **{name: getattr(row, name) for name in CSV_COLUMNS if hasattr(row, name) and name not in ("seeds", "runs")},
        "baseline": found.baseline if found else "",
        "difference": found.effect if found else "",
        "difference_low": found.low if found else "",
        "difference_high": found.high if found else "",
        "p": found.p if found else "",
        "p_corrected": found.p_corrected if found else "",
        "verdict": found.verdict if found else "",
    }
    return {key: _cell(value) for key, value in values.items()}


def _csv_reported(table: Table) -> Iterable[dict[str, object]]:
    for row in table.literature:
        note = f"{row.source}. {row.differences}".strip()
        values = {**_place(table), "part": "reported", "method": row.method, "uar": row.uar, "note": note}
        values["protocol"] = values["protocol_hash"] = ""
        yield {key: _cell(value) for key, value in values.items()}


def _place(table: Table) -> dict[str, object]:
    return {name: getattr(table, name) for name in ("dataset", "task", "simulated", "protocol", "protocol_hash")}


def _cell(value: object) -> object:
    if value is None or value != value:
        return ""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def markdown(board: Board) -> str:
    """Return the tables as Markdown; names cannot break out of their cells."""
    parts = ["# Leaderboard", f"sabench {board.version}, {board.created}."]
    parts += [_table(table) for table in board.tables]
    parts += [f"Left out: {_text(sentence)}" for sentence in board.skipped]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    mark = " (simulated)" if table.simulated else ""
    about = (
        f"{_text(table.protocol)}, protocol `{table.protocol_hash}`; {table.score}; {table.n_speakers} speakers, "
        f"{table.n_scored} utterances, {len(table.classes)} classes. Pool: {_text(table.pool) or 'none'}. "
        f"Smallest attainable p: {table.smallest_p:.2g}."
    )
    parts = [f"## {_text(table.title)}{mark}", about]
    for group, rows in table.groups:
        parts += [f"### Access: {group}", _grid(_HEAD, map(_line, rows))]
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
    "Time",
    "Parameters",
    "Speakers",
)
_DRAW_HEAD = ("Method", "Draw", "UAR [95% CI]", "To first draw", "p (Holm)")
_REPORTED_HEAD = ("Method", "UAR, reported", "Measured here", "Source", "Differences")


def _line(row: Row) -> list[str]:
    name = f"{row.method} ({row.note})" if row.note else row.method
    return [
        "-" if row.rank is None else str(row.rank),
        name,
        row.access,
        str(len(row.seeds)),
        score_words(row.uar, row.low, row.high),
        difference(row),
        p_value(row.difference),
        duration(row.seconds),
        count(row.n_parameters),
        str(row.n_training_speakers or "-"),
    ]


def _draw_line(row: Row) -> list[str]:
    return [row.method, row.draw, score_words(row.uar, row.low, row.high), difference(row), p_value(row.difference)]


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(value: str) -> str:
    plain = " ".join(value.split())
    for sign in "\\`*_[]<>|#":
        plain = plain.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return plain


def difference(row: Row) -> str:
    """Return the difference to the baseline in points, with sign and interval."""
    found = row.difference
    if found is None:
        return "baseline" if row.baseline else "-"
    return f"{100 * found.effect:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}] vs {found.baseline}"


def p_value(found: Difference | None) -> str:
    """Return the corrected p; says so where only trained models differ."""
    if found is None:
        return "-"
    if found.p_corrected != found.p_corrected:
        return "trained models differ" if found.verdict == "models" else "needs more seeds"
    return "<0.0001" if found.p_corrected < 0.0001 else f"{found.p_corrected:.4f}"
