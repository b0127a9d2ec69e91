"""Where the corpus of a dataset under check is, and the same corpus in another place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sabench.checks.check import NotApplicable, refuse
from sabench.checks.subject import Subject
from sabench.interfaces.plugins import Dataset
from sabench.interfaces.records import Corpus

MOST_FILES: Final = 50_000
"""In larger folders nothing is compared file by file."""


def rootless(subject: Subject) -> str:
    """Return why nothing can be read; empty where there is a corpus."""
    return "" if subject.root else "no corpus to read: name its folder with --root, or as root= in a test"


def load(subject: Subject, root: Path | None = None, task: str | None = None) -> Corpus:
    """Return the corpus at a root for a task, the first by default.

    Raises:
        CheckFailure: what `load` returns is no corpus.
    """
    dataset: Dataset = subject.fresh()
    place = root or subject.corpus_root()
    if place is None:
        raise NotApplicable(rootless(subject))
    corpus = dataset.load(place, task or dataset.tasks[0])
    if not isinstance(corpus, Corpus):
        refuse(subject, [f"returns {type(corpus).__name__} from load; expected a sabench.Corpus"])
    return corpus


def files(folder: Path) -> list[Path]:
    """Return all files below a folder.

    Raises:
        NotApplicable: there are more than `MOST_FILES`.
    """
    files = []
    for place, _, names in os.walk(folder, followlinks=True):
        files += [Path(place) / name for name in names]
        if len(files) > MOST_FILES:
            raise NotApplicable(f"its folder holds more than {MOST_FILES:,} files")
    return files


@contextmanager
def elsewhere(subject: Subject) -> Iterator[Path]:
    """Yield the root of the same corpus in another place, made of links."""
    root = subject.corpus_root()
    if root is None:
        raise NotApplicable(rootless(subject))
    root = root.absolute()
    folder = root if root.is_dir() else root.parent
    with tempfile.TemporaryDirectory(prefix="sabench-check-") as made:
        there = Path(made) / folder.name
        for path in files(folder):
            link = there / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
        yield there if root.is_dir() else there / root.name
