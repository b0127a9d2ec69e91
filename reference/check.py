"""Verifies every bundle of the reference set and writes their leaderboard: `make reference`.

Scores of a bundle with labels are recomputed from its predictions. The bundles of ASED hold no labels, as its licence
does not say that they may be shared: they are checked against themselves, and scored where the corpus is linked.
Exit status 1 where a bundle does not agree with itself.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sabench.bundle import verifying
from sabench.bundle.content import open_bundle
from sabench.bundle.reading import linked_corpus
from sabench.bundle.verifying import VerifiedBundle
from sabench.errors import SabenchError
from sabench.interfaces.records import Corpus
from sabench.leaderboard import build, page
from sabench.leaderboard.answers import answer
from sabench.leaderboard.citations import citations
from sabench.registry.registry import Registry

HERE = Path(__file__).parent
BUNDLES = HERE / "bundles"


def main() -> int:
    """Print a line a bundle, and write the page of those that were scored."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, help="write the page and the bundles behind it into this folder, too")
    options = parser.parse_args()
    registry, links = Registry(), {}
    corpora: dict[tuple[str, str], Corpus | None] = {}
    scored: list[VerifiedBundle] = []
    faults = 0
    for path in sorted(BUNDLES.glob("*.zip")):
        try:
            card = open_bundle(path).card
            place = card.dataset, card.task
            if place not in corpora:
                corpora[place], _ = linked_corpus(card, registry)
            verification = verifying.verify(path, corpus=corpora[place], registry=registry)
        except SabenchError as error:
            faults += 1
            print(f"{path.name}: REFUSED: {error}", flush=True)
            continue
        print(f"{path.name}: {verification.sentence}", flush=True)
        if verification.recomputed:
            scored.append(verification.bundle)
            links[verification.bundle.record.run_id] = f"bundles/{path.name}"
    board = build.build(scored)
    references = citations(registry, [bundle.record for bundle in scored])
    (HERE / "leaderboard.html").write_text(page.html(board, citations=references), encoding="utf-8")
    if options.site:
        _write_site(options.site, page.html(board, links, references))
    print()
    for table in board.tables:
        print(answer(table))
    print(f"\nWrote {HERE.name}/leaderboard.html from {len(scored)} bundles; {faults} refused.")
    return 1 if faults else 0


def _write_site(folder: Path, text: str) -> None:
    """Write a folder that any web server can serve: the page, and the bundles that its rows lead to."""
    shutil.copytree(BUNDLES, folder / "bundles", dirs_exist_ok=True)
    (folder / "index.html").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
