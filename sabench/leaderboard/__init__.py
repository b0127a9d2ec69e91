"""Results as tables, pictures and one self-contained page."""

from sabench.leaderboard.board import Board, Difference, LiteratureRow, Row, Table
from sabench.leaderboard.build import Literature, build
from sabench.leaderboard.page import html
from sabench.leaderboard.text import csv_text, markdown

__all__ = [
    "Board",
    "Difference",
    "Literature",
    "LiteratureRow",
    "Row",
    "Table",
    "build",
    "csv_text",
    "html",
    "markdown",
]
