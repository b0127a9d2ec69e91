"""Fills the store: finds what is missing or damaged, and has it computed once."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sabench import audio
from sabench.errors import FeatureError, ResultsError
from sabench.features.featureset import FeatureSet
from sabench.features.index import Index, opened
from sabench.features.shards import SUFFIX, writable, write_shard
from sabench.hashing import canonical, digest
from sabench.interfaces.versions import version_of
from sabench.machine import formats
from sabench.machine.folders import cache_folder

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sabench.interfaces.plugins import FeatureExtractor, Progress

PREPROCESSING: Final = "1: mono, 16 kHz"
"""What happens to audio of 16 kHz before an extractor sees it; part of every address."""
RESAMPLING: Final = "2: mono, resampled to 16 kHz with a Kaiser window"
"""The same for a corpus with recordings of another rate; what an older resampling gave is never read."""
SMALL_BYTES: Final = 2**20
"""Shards below that are merged after a fill, so that functionals of a corpus are one file."""
FORMAT: Final = 1
"""Raised when an older version would misread what is written."""
_ABOUT: Final = "store.json"
COLUMNS: Final = ("id", "path", "start_s", "end_s", "digest")

_LOG = logging.getLogger(__name__)


class FeatureStore:
    """Features on disk, addressed by what they were computed from.

    Args:
        folder: where they are kept; None for `features` in the cache folder of sabench.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            folder = cache_folder() / "features"
        self.folder = Path(folder).absolute()  # worker processes may stand elsewhere

    def ensure(
        self,
        table: pd.DataFrame,
        extractor: FeatureExtractor,
        name: str,
        *,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> FeatureSet:
        """Compute what is missing or damaged, once, and return the features of a prepared corpus table.

        Args:
            table: with id, path, start_s, end_s and digest; other columns are ignored, but for
                `duration_s`, by which work is shared out where it is there, and `sampling_rate`.
            extractor: computes features.
            name: its registered name.
            jobs: worker processes; None for one a core.
            progress: told utterances done and in all; never called where nothing is missing.

        Raises:
            FeatureError: utterances whose features cannot be computed, by id; or a store that cannot be
                read or written.
        """
        self._refuse_newer()
        wanted = _distinct(table)
        resampled = audio.resampling(table.get("sampling_rate", ()))
        preprocessing = RESAMPLING if resampled else PREPROCESSING
        features = FeatureSet(self.address(extractor, name, preprocessing), name, extractor.kind)
        index = opened(features.folder)
        with _readable(features.folder):
            index.refresh()
            complete = all(key in index for key in wanted["digest"]) and not index.check(wanted["digest"])
        if not complete:
            self._fill(index, wanted, extractor, _card(extractor, name, preprocessing), jobs, progress)
        _refuse_mixed_widths(index, wanted["digest"].tolist(), name)
        return features

    def _refuse_newer(self) -> None:
        """Raise where a newer version wrote the store, before anything in it is read or written."""
        try:
            number = formats.newer(self.folder / _ABOUT, FORMAT)
        except ResultsError as error:
            raise FeatureError(str(error)) from error
        if number is not None:
            msg = (
                f"{self.folder} is a feature store of format {number}; this sabench reads and writes format {FORMAT}. "
                "Nothing was changed. Use the newer sabench, or let SABENCH_CACHE name another folder."
            )
            raise FeatureError(msg)

    def address(self, extractor: FeatureExtractor, name: str, preprocessing: str = PREPROCESSING) -> Path:
        """Return the folder of an extractor: another version or parameter is another folder."""
        key = digest(_card(extractor, name, preprocessing))
        return self.folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}-{key}"

    def _fill(
        self,
        index: Index,
        wanted: pd.DataFrame,
        extractor: FeatureExtractor,
        card: Mapping[str, object],
        jobs: int | None,
        progress: Progress | None,
    ) -> None:
        from sabench.features.extraction import extract, items_of

        name = str(card["extractor"])
        with writable(index.folder):
            index.folder.mkdir(parents=True, exist_ok=True)
            _write_once(self.folder / _ABOUT, {"format": FORMAT})
            _write_once(index.folder / "extractor.json", card)
        with _alone(index.folder, name):
            # Another process may have filled it while this one waited.
            _drop_damaged(index, wanted["digest"], name)
            missing = wanted[[key not in index for key in wanted["digest"]]]
            if missing.empty:
                return
            _LOG.info("Computing %r features of %d utterances.", name, len(missing))
            extract(items_of(missing), _weights(missing), extractor, name, index.folder, jobs=jobs, progress=progress)
            index.refresh()
            with writable(index.folder):
                _merge_small(index)


def _distinct(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a digest."""
    lacking = [column for column in COLUMNS if column not in table.columns]
    if lacking:
        msg = f"Features need a prepared corpus table; it lacks {', '.join(lacking)}. Prepare the corpus first."
        raise FeatureError(msg)
    unread = table.loc[table["digest"].isna(), "id"].tolist()
    if unread:
        msg = (
            f"The audio of {len(unread)} utterances could not be read, first {unread[0]!r}. "
            "Repair or remove it; `sabench dataset check` lists every fault."
        )
        raise FeatureError(msg)
    return table.drop_duplicates("digest")


def _weights(table: pd.DataFrame) -> np.ndarray:
    """Return what each row costs: its duration where that is known, else one."""
    import numpy as np

    if "duration_s" not in table.columns:
        return np.ones(len(table))
    durations: np.ndarray = table["duration_s"].to_numpy(dtype=float, na_value=1.0)
    return durations


def _card(extractor: FeatureExtractor, name: str, preprocessing: str) -> dict[str, object]:
    """Return what a folder of features depends on."""
    return {
        "extractor": name,
        "version": version_of(extractor),
        "parameters": extractor.parameters(),
        "preprocessing": preprocessing,
    }


def _write_once(path: Path, value: Mapping[str, object]) -> None:
    """Say in words what a folder holds; its name is a hash."""
    from sabench.machine.files import replace_file

    if not path.exists():
        replace_file(path, lambda beside: beside.write_text(canonical(value), encoding="utf-8"))


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"The feature store {folder} cannot be read: {error.strerror or error}. Correct its permissions."
        raise FeatureError(msg) from error


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Hold the folder's lock, so that no two processes compute the same features."""
    import filelock

    lock = filelock.FileLock(folder / ".lock")
    with writable(folder):
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            _LOG.info("Another process computes %r features; waiting for it.", name)
            lock.acquire()
    try:
        for left in folder.glob(f".*{SUFFIX}.*"):
            left.unlink(missing_ok=True)  # of a process that was killed while it wrote
        yield
    finally:
        lock.release()


def _drop_damaged(index: Index, wanted: Iterable[str], name: str) -> None:
    """Remove shards that cannot be read, and those with damage in what is wanted."""
    while damaged := index.refresh() | index.check(wanted):
        for path, reason in damaged.items():
            _LOG.warning("A file of %r features is damaged (%s); they are computed anew: %s", name, reason, path)
            with writable(index.folder):
                path.unlink(missing_ok=True)


def _merge_small(index: Index) -> None:
    """Write the small shards as one. Readers that know the old ones find the new one by looking again."""
    small = [shard for shard in index.shards() if shard.stamp[0] < SMALL_BYTES]
    if len(small) < 2:
        return
    held = {digest for shard in small for digest in shard.entries}
    if index.check(held):
        return  # damage in what nobody asks for now; it is dropped when somebody does
    write_shard(index.folder, {digest: index.read(digest) for digest in held})
    for shard in small:
        shard.path.unlink(missing_ok=True)
    index.refresh()


def _refuse_mixed_widths(index: Index, digests: Sequence[str], name: str) -> None:
    widths = sorted({index.shape(key)[-1] for key in digests})
    if len(widths) > 1:
        msg = (
            f"Extractor {name!r} gave features of {' and '.join(map(str, widths))} values; one extractor gives one "
            "width. Raise its version when what it computes changes."
        )
        raise FeatureError(msg)
