"""A leaderboard as LaTeX tables for a paper; they need the package booktabs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sabench.leaderboard.answers import answer
from sabench.leaderboard.board import Board, Difference, RankedTable, Row
from sabench.leaderboard.cells import CONTAMINATED, harmed, shared_words
from sabench.leaderboard.short_names import shortened
from sabench.verdicts.wording import difference_words, p_number, points, rank_words

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_HEAD = ("Access", "Rank", "Method", "UAR [95\\,\\% CI]", "Gain", "$p$ (Holm)", "Worse for", "Seeds")


def latex(board: Board) -> str:
    """Return a `table` environment for every table of a board; gains that are significant are bold."""
    note = "% Made by `sabench leaderboard --latex`. In the preamble: \\usepackage{booktabs}"
    return "\n\n".join([note, *(_table(table) for table in shortened(board).tables)]) + "\n"


def _table(table: RankedTable) -> str:
    shared = f", {shared_words(table.shared)}" if table.shared else ""
    caption = (
        f"{table.title}{table.mark} ({', '.join(table.classes)}): {table.protocol}, {table.score} in %{shared}, "
        f"{table.n_speakers} speakers, {table.n_scored:,} utterances. Ranks are among methods "
        "of one price. Gains over the unadapted form in points, corrected by Holm "
        "together with their intervals; bold where significant. Worse for: of so many speakers, by so many points at "
        f"most. Protocol {table.protocol_hash}."
    )
    lines = [" & ".join(_line(row)) + r" \\" for row in table.rows]
    label = f"tab:{table.dataset}-{table.task}-{table.protocol_hash[:8]}"
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            r"\small",
            r"\setlength{\tabcolsep}{4pt}",  # the columns of an A4 page
            f"\\caption{{{escaped(caption)}}}",
            f"\\label{{{label}}}",
            r"\begin{tabular}{lllrrrrr}",
            r"\toprule",
            " & ".join(_HEAD) + r" \\",
            r"\midrule",
            *_with_rules(table.rows, lines),
            *_contaminated(table),
            r"\bottomrule",
            r"\end{tabular}",
            *_answer(table),
            r"\end{table}",
        ]
    )


def _answer(table: RankedTable) -> list[str]:
    """Return what the table answers, as a paragraph under it."""
    sentence = answer(table)
    return [rf"\par\smallskip {escaped(sentence)}"] if sentence else []


def _contaminated(table: RankedTable) -> list[str]:
    """Return the lines of methods whose features have seen the corpus, under a heading of their own."""
    if not table.contaminated:
        return []
    heading = f"\\multicolumn{{{len(_HEAD)}}}{{l}}{{{escaped(CONTAMINATED)}}} \\\\"
    return [r"\midrule", heading, *(" & ".join(_line(row)) + r" \\" for row in table.contaminated)]


def _with_rules(rows: Sequence[Row], lines: Sequence[str]) -> list[str]:
    """Return lines with a rule between two prices."""
    ruled = []
    for number, line in enumerate(lines):
        if number and rows[number].access != rows[number - 1].access:
            ruled.append(r"\addlinespace")
        ruled.append(line)
    return ruled


def _line(row: Row) -> list[str]:
    interval = f" [{points(row.low)}, {points(row.high)}]" if not math.isnan(row.low) else ""
    cells = [row.access, rank_words(row.rank), row.method, f"{points(row.uar)}{interval}"]
    gain = row.difference
    p = p_number(gain.p_corrected) if gain and gain.about_methods else "--"
    return [*map(escaped, cells), _gain(gain), escaped(p), _harmed(gain), str(len(row.seeds))]


def _harmed(gain: Difference | None) -> str:
    return "--" if gain is None else escaped(harmed(gain))


def _gain(gain: Difference | None) -> str:
    if gain is None:
        return "--"
    text = escaped(difference_words(gain.effect, gain.low, gain.high))
    return f"\\textbf{{{text}}}" if gain.verdict in ("better", "worse") else text


def escaped(text: str) -> str:
    r"""Return text with what LaTeX would take for a command written out.

    >>> print(escaped("svm_norm: 50 % of {a}"))
    svm\_norm: 50 \% of \{a\}
    """
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()))
