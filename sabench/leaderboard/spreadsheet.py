"""A leaderboard as comma-separated values."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable

from sabench.leaderboard.board import Across, Board, Difference, RankedTable, Row
from sabench.results.csv_cells import escaped

CSV_COLUMNS = (
    "dataset", "task", "simulated", "protocol", "protocol_hash", "part", "access_group", "rank_best", "rank_worst",
    "method", "features", "normaliser", "access", "draw", "seeds", "uar", "low", "high", "uar_mean", "uar_pooled",
    "baseline", "difference", "difference_low", "difference_high", "confidence", "p", "p_corrected", "family",
    "verdict", "detectable", "between", "mean_rank", "n_worse", "largest_loss", "worse_speaker",
    "worst_speaker", "worst_uar", "gini", "iswf", "seconds", "n_parameters", "n_training_speakers", "note", "runs",
)  # fmt: skip
_WORDED = ("seeds", "runs", "baseline")
_OWN = ("low", "high")
"""Columns of the score, which a difference has too."""


def csv_text(board: Board) -> str:
    """Return one line a row: methods over corpora, ranked methods, other draws, reported results; scores are fractions.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for name, reason in board.damaged.items():
        writer.writerow({"part": "damaged", "runs": _cell(name), "note": _cell(reason)})
    for across in board.across:
        writer.writerows(_csv_across(across))
    for table in board.tables:
        for part, rows in (("measured", table.rows), ("contaminated", table.contaminated), ("draw", table.draws)):
            writer.writerows(_csv_row(table, part, row) for row in rows)
        writer.writerows(_csv_reported(table))
    return stream.getvalue()


def _csv_across(across: Across) -> Iterable[dict[str, object]]:
    for row in across.rows:
        named = {"difference": row.effect, "difference_low": row.low, "difference_high": row.high}
        values = {
            "dataset": " ".join(across.datasets),
            "simulated": across.simulated,
            "part": "across",
            "access_group": row.group,
            **named,
            **{name: getattr(row, name) for name in CSV_COLUMNS if hasattr(row, name) and name not in _OWN},
        }
        yield {key: _cell(value) for key, value in values.items()}


def _csv_row(table: RankedTable, part: str, row: Row) -> dict[str, object]:
    values = {
        **_place(table),
        "part": part,
        "access_group": row.group,
        "seeds": " ".join(map(str, row.seeds)),
        "runs": " ".join(row.runs),
        "rank_best": row.rank[0] if row.rank else "",
        "rank_worst": row.rank[1] if row.rank else "",
        **{name: getattr(row, name) for name in CSV_COLUMNS if hasattr(row, name) and name not in _WORDED},
        **(_csv_difference(row.difference) if row.difference else {"baseline": ""}),
    }
    return {key: _cell(value) for key, value in values.items()}


def _csv_difference(gain: Difference) -> dict[str, object]:
    named = {"difference": gain.effect, "difference_low": gain.low, "difference_high": gain.high}
    shared = [name for name in CSV_COLUMNS if hasattr(gain, name) and name not in _OWN]
    return {**named, **{name: getattr(gain, name) for name in shared}}


def _csv_reported(table: RankedTable) -> Iterable[dict[str, object]]:
    for row in table.literature:
        note = f"{row.source}. {row.differences}".strip()
        values = {**_place(table), "part": "reported", "method": row.method, "uar": row.uar, "note": note}
        values["protocol"] = values["protocol_hash"] = ""
        yield {key: _cell(value) for key, value in values.items()}


def _place(table: RankedTable) -> dict[str, object]:
    return {name: getattr(table, name) for name in ("dataset", "task", "simulated", "protocol", "protocol_hash")}


def _cell(value: object) -> object:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return escaped(value) if isinstance(value, str) else value
