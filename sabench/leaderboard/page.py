"""One self-contained HTML page: no network, no library, everything from plugins and data escaped."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import cache_from_source
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sabench._version import __version__
from sabench.leaderboard import cells, drawing
from sabench.leaderboard.answers import answer
from sabench.leaderboard.board import MARKS, Board
from sabench.leaderboard.citations import Citations
from sabench.leaderboard.ranking_drawing import rank_picture
from sabench.leaderboard.short_names import shortened
from sabench.leaderboard.svg_file import as_link
from sabench.verdicts.wording import count, duration, p_number, points, rank_words

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

_GROUP_WORDS = {
    "none": "No target-speaker data",
    "neutral": "Neutral enrolment",
    "unlabelled": "Unlabelled enrolment",
    "transductive": "Sees the test utterances, unlabelled",
    "labelled": "Labelled enrolment",
}


def html(board: Board, bundles: Mapping[str, str] | None = None, citations: Citations | None = None) -> str:
    """Return the page.

    Args:
        board: what it shows.
        bundles: relative address of the bundle of a run, by its id, where there is one beside the page.
        citations: what to cite for its rows, listed at its end; nothing by default.
    """
    board = shortened(board)
    environment = _environment()
    environment.globals["bundles"] = {run: quote(place) for run, place in (bundles or {}).items()}
    environment.globals["citations"] = citations or Citations()
    page = environment.get_template("page.html.j2")
    return page.render(
        board=board,
        real=[table for table in board.tables if not table.simulated],
        simulated=[table for table in board.tables if table.simulated],
        group_words=_GROUP_WORDS,
        groups=[group for group in _GROUP_WORDS if any(row.group == group for t in board.tables for row in t.rows)],
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sabench.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(),
    )
    environment.filters |= {
        "points": points,
        "duration": duration,
        "count": count,
        "p_value": cells.p_value,
        "p_number": p_number,
        "harmed": cells.harmed,
        "rank": rank_words,
        "signed": _signed,
        "sortable": _sortable,
        "svg_link": as_link,
        "web": _web,
    }
    environment.globals |= {
        "answer": answer,
        "drawing": drawing,
        "rank_picture": rank_picture,
        "marks": MARKS,
        "shared_words": cells.shared_words,
        "infinity": math.inf,
    }
    return environment


def _compiled() -> BytecodeCache | None:
    """Return where compiled templates are kept, as compiling them takes as long as all else of a small board.

    They lie beside Python's compiled modules and are trusted as these are; a cache folder may be written by others.
    """
    from jinja2 import FileSystemBytecodeCache

    folder = cache_from_source(__file__).rpartition(os.sep)[0]
    if sys.dont_write_bytecode or not os.access(folder, os.W_OK):
        return None
    return FileSystemBytecodeCache(folder, f"%s-{version('jinja2')}-{__version__}.jinja")


def _signed(fraction: float) -> str:
    """Return percentage points with a sign, a true minus among them."""
    return "–" if not math.isfinite(fraction) else f"{100 * fraction:+z.1f}".replace("-", "−")


def _sortable(value: float | None) -> str:
    """Return a number as a script compares it; empty where there is none, which sorts last."""
    return "" if value is None or value != value else f"{value:.6g}"


def _web(url: str) -> str:
    """Return a web address, or nothing for any other kind of link: a plugin could write `javascript:`."""
    return url if urlsplit(url).scheme in ("http", "https") else ""
