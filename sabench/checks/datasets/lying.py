"""How a corpus lies on disk: recordings, places, what is missing, what may not be touched."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

from sabench import audio
from sabench.checks.check import NotApplicable, check, refuse
from sabench.checks.datasets.trial import elsewhere, files, load, rootless
from sabench.checks.subject import Subject
from sabench.errors import AudioError, DatasetError

AUDIO_READ: Final = 20
"""So many recordings are decoded."""
_KIND = "datasets"


@check(_KIND, crash="names audio that cannot be read", lacks=rootless)
def recordings_can_be_read(subject: Subject) -> None:
    """Every row leads to audio, by an absolute path and within the file."""
    table = load(subject).table
    relative = [path for path in table["path"] if not os.path.isabs(path)]
    refuse(subject, [f"gives the path {relative[0]!r}; expected absolute paths"] if relative else [])
    rows = table.iloc[:: max(len(table) // AUDIO_READ, 1)]
    segments = zip(*(rows[name].tolist() for name in ("path", "start_s", "end_s")), strict=True)
    for path, start_s, end_s in segments:
        try:
            audio.read(Path(path), start_s, None if math.isnan(end_s) else end_s)
        except AudioError as error:
            refuse(subject, [f"leads to audio that cannot be read: {str(error).rstrip('.')}"])


@check(_KIND, crash="cannot be read twice", lacks=rootless)
def reading_again_gives_the_same(subject: Subject) -> None:
    """The order of rows is the corpus order, by which enrolment is chosen; it follows no chance and no file system."""
    first, again = load(subject), load(subject)
    if not first.table.equals(again.table):
        refuse(subject, ["gives another table when the same corpus is read again"])


@check(_KIND, crash="cannot be read from another place", lacks=rootless)
def moving_the_corpus_changes_nothing_but_paths(subject: Subject) -> None:
    """Two people with the same corpus must get the same folds, wherever each keeps it."""
    with elsewhere(subject) as root:
        here, there = (load(subject, place).table.drop(columns="path") for place in (None, root))
        if not here.equals(there):
            differing = [str(name) for name in here if not here[name].equals(there[name])]
            refuse(subject, [f"gives other {', '.join(differing)} when the corpus lies elsewhere"])


@check(_KIND, crash="cannot be read where a recording is missing", lacks=rootless)
def a_missing_recording_is_told(subject: Subject) -> None:
    """A recording that vanishes without a word makes two copies of a corpus look the same."""
    before = load(subject)
    with elsewhere(subject) as root:
        folder = root if root.is_dir() else root.parent
        path = Path(load(subject, root).table["path"].iloc[-1])
        if not path.is_relative_to(folder):
            raise NotApplicable("its audio lies outside its root")
        path.unlink()
        try:
            after = load(subject, root)
        except DatasetError:
            return
        new_faults = {(fault.message, fault.line) for fault in after.faults} - {
            (f.message, f.line) for f in before.faults
        }
        # A row that still names the file is found by the harness, which decodes it.
        if not new_faults and str(path) not in set(after.table["path"]):
            refuse(subject, [f"leaves out {path.name}, which was removed, without a fault that says so"])


@check(_KIND, crash="cannot read a corpus that it may not write to", lacks=rootless)
def reading_leaves_the_corpus_alone(subject: Subject) -> None:
    """Corpora are shared, licensed and often read-only."""
    root = subject.corpus_root()
    folder = root if root and root.is_dir() else None
    if folder is None:
        raise NotApplicable("its root is a file")
    before = _listing(folder)
    load(subject)
    if _listing(folder) != before:
        refuse(subject, ["changes files of the corpus while it reads it"])


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files(folder)}


CHECKS = (
    recordings_can_be_read,
    reading_again_gives_the_same,
    moving_the_corpus_changes_nothing_but_paths,
    a_missing_recording_is_told,
    reading_leaves_the_corpus_alone,
)
