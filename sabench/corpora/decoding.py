"""Decodes the audio of a corpus once and remembers what was found."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sabench import audio
from sabench.errors import AudioError
from sabench.hashing import digest
from sabench.machine.files import replace_file
from sabench.machine.folders import cache_folder

if TYPE_CHECKING:
    import pandas as pd

    from sabench.interfaces.plugins import Progress

logger = logging.getLogger(__name__)

_KEY: Final = ["path", "start_s", "end_s", "size", "mtime_ns"]
_SEGMENT: Final = ["path", "start_s", "end_s"]
_FOUND: Final = ["digest", "duration_s", "sampling_rate"]
_LOCK_TIMEOUT_S: Final = 10


class Measurement(NamedTuple):
    """What decoding one segment told; `reason` is empty where all is well."""

    digest: str | None
    duration_s: float
    sampling_rate: int
    reason: str = ""


def measure(table: pd.DataFrame, *, cache: str, jobs: int | None, progress: Progress | None) -> pd.DataFrame:
    """Return digest, duration_s, sampling_rate and reason of every row, in the order of rows.

    Args:
        table: with path, start_s and end_s.
        cache: names the file in the cache folder in which this corpus is remembered.
        jobs: threads; None for one a core. Decoding and hashing leave the interpreter's lock.
        progress: told how many rows are done.
    """
    store = cache_folder() / "audio" / f"{digest(cache)}.parquet"
    rows = _with_states(table[_SEGMENT].reset_index(drop=True))
    known = rows.merge(_remembered(store), on=_KEY, how="left")
    known["reason"] = ""
    missing = known.index[known["digest"].isna()]
    if len(missing):
        found = _decode(rows.loc[missing], jobs, _offset(progress, len(rows) - len(missing), len(rows)))
        known.loc[missing, found.columns] = found.set_axis(missing)
        _remember(store, known.loc[missing])
    return known.astype({"sampling_rate": "int64"})


def _decode(rows: pd.DataFrame, jobs: int | None, done: Callable[[int], None]) -> pd.DataFrame:
    import pandas as pd

    segments = rows[_SEGMENT].itertuples(index=False, name=None)
    found = []
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for measurement in pool.map(_measurement, segments):
            found.append(measurement)
            done(len(found))
    return pd.DataFrame(found, columns=Measurement._fields)


def _measurement(segment: tuple[str, float, float]) -> Measurement:
    path, start_s, end_s = segment
    try:
        signal, sampling_rate = audio.read(Path(path), start_s, None if math.isnan(end_s) else end_s)
    except AudioError as error:
        return Measurement(None, math.nan, 0, getattr(error, "reason", str(error)))
    return Measurement(audio.signal_digest(signal, sampling_rate), signal.shape[1] / sampling_rate, sampling_rate)


def _offset(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress is not None else None


def _with_states(segments: pd.DataFrame) -> pd.DataFrame:
    """Add size and time of change of every file; -1 where it is not there."""
    states = {path: _state(path) for path in segments["path"].unique()}
    return segments.assign(
        size=[states[path][0] for path in segments["path"]],
        mtime_ns=[states[path][1] for path in segments["path"]],
    )


def _state(path: str) -> tuple[int, int]:
    try:
        state = os.stat(path)
    except OSError:
        return -1, -1
    return state.st_size, state.st_mtime_ns


def _remembered(store: Path) -> pd.DataFrame:
    import pandas as pd

    types = {"path": "object", "digest": "object", "start_s": "float64", "end_s": "float64"}
    types |= {"size": "int64", "mtime_ns": "int64", "duration_s": "float64", "sampling_rate": "int64"}
    empty = pd.DataFrame({name: pd.Series(dtype=types[name]) for name in [*_KEY, *_FOUND]})
    if not store.exists():
        return empty
    try:
        return pd.read_parquet(store, columns=[*_KEY, *_FOUND]).astype(types)
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors inherit from these
        logger.warning("What was remembered of decoded audio is damaged (%s); the audio is decoded again.", error)
        return empty


def _remember(store: Path, rows: pd.DataFrame) -> None:
    """Add what could be decoded, joined under a lock to what other processes wrote meanwhile."""
    from filelock import FileLock, Timeout

    sound = rows.loc[rows["digest"].notna(), [*_KEY, *_FOUND]]
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(store.with_suffix(".lock"), timeout=_LOCK_TIMEOUT_S):
            # The newest state of a segment is kept, so that the file does not grow with every edit.
            joined = _joined(_remembered(store), sound).drop_duplicates(_SEGMENT, keep="last")
            replace_file(store, lambda beside: joined.to_parquet(beside, index=False))
    except (OSError, Timeout) as error:
        logger.warning("Decoded audio could not be remembered (%s); it is decoded again next time.", error)


def _joined(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([frame for frame in (old, new) if len(frame)] or [new], ignore_index=True)
