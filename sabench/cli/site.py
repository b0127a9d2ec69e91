"""`sabench leaderboard --site`: a page with the bundles behind it, for any web server."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sabench.leaderboard.board import Board
    from sabench.leaderboard.citations import Citations
    from sabench.results.sources import RunSource

_BUNDLES = "bundles"


def write_site(
    folder: Path, board: Board, own: Sequence[RunSource], added: Sequence[Path], citations: Citations
) -> int:
    """Write `index.html` and a bundle of every complete run into a folder; returns how many bundles there are.

    Bundles that were added are copied, runs of results folders exported, with labels where these may be shared.

    Raises:
        SabenchError: a run cannot be exported.
        OSError: the folder cannot be written.
    """
    from sabench.bundle import exporting
    from sabench.bundle.content import open_bundle
    from sabench.leaderboard import page
    from sabench.machine.files import write_bytes
    from sabench.registry.registry import Registry
    from sabench.results.folder import Results

    registry, links = Registry(), {}
    place = folder / _BUNDLES
    place.mkdir(parents=True, exist_ok=True)
    for source in own:
        if not isinstance(source, Results):
            continue
        for run in (run for run in source.runs() if run.status == "complete"):
            shareable = exporting.may_share_labels(registry, run)
            path = place / f"{run.run_id}.zip"
            exporting.export(source, run, path, labels_shareable=shareable, registry=registry)
            links[run.run_id] = f"{_BUNDLES}/{path.name}"
    for path in added:
        run_id = open_bundle(path).record.run_id
        if run_id not in links:
            shutil.copyfile(path, place / f"{run_id}.zip")
            links[run_id] = f"{_BUNDLES}/{run_id}.zip"
    write_bytes(folder / "index.html", page.html(board, links, citations).encode())
    return len(links)
