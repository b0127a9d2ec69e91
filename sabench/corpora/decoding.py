"""Decodes the audio of a corpus once and remembers what was found."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from sabench import audio
from sabench.containers.recording import Recording
from sabench.errors import AudioError
from sabench.hashing import digest
from sabench.machine.files import replace_file
from sabench.machine.folders import cache_folder

if TYPE_CHECKING:
    import pandas as pd

    from sabench.interfaces.plugins import Progress

logger = logging.getLogger(__name__)

_SEGMENT: Final = ["path", "start_s", "end_s"]
_STATE: Final = ["size", "mtime_ns", "ctime_ns"]
_KEY: Final = [*_SEGMENT, *_STATE]
_LOCK_TIMEOUT_S: Final = 10
_FORMAT: Final = 2
"""Raised when what is remembered of a segment changes."""


class Measurement(NamedTuple):
    """What decoding one segment told.

    Attributes:
        digest: of the samples; None where they cannot be used.
        duration_s: in seconds.
        sampling_rate: in Hz.
        channels: their number.
        peak: the largest absolute sample.
        mono_share: level of the mean of channels by that of the channels, as a ratio; 1 of one channel or of silence.
        remark: what is odd about the file's header; empty where all is well.
        reason: why the samples cannot be used; empty where they can.
    """

    digest: str | None = None
    duration_s: float = math.nan
    sampling_rate: int = 0
    channels: int = 0
    peak: float = math.nan
    mono_share: float = math.nan
    remark: str = ""
    reason: str = ""


_KEPT: Final = [name for name in Measurement._fields if name != "reason"]


def measure(table: pd.DataFrame, *, cache: str, jobs: int | None, progress: Progress | None) -> pd.DataFrame:
    """Return a `Measurement` of every row, in the order of rows.

    Args:
        table: with path, start_s and end_s.
        cache: names the file in the cache folder in which this corpus is remembered.
        jobs: threads; None for one a core. Decoding and hashing leave the interpreter's lock.
        progress: told how many rows are done.
    """
    store = cache_folder() / "audio" / f"{digest([_FORMAT, cache])}.parquet"
    rows = _with_states(table[_SEGMENT].reset_index(drop=True))
    known = rows.merge(_remembered(store), on=_KEY, how="left")
    known["reason"] = ""
    missing = known.index[known["digest"].isna()]
    if len(missing):
        measured = _decode(rows.loc[missing], jobs, _offset(progress, len(rows) - len(missing), len(rows)))
        known.loc[missing, measured.columns] = measured.set_axis(missing)
        _remember(store, known.loc[missing])
    return known.astype({"sampling_rate": "int64", "channels": "int64"})


def _decode(rows: pd.DataFrame, jobs: int | None, done: Callable[[int], None]) -> pd.DataFrame:
    """Measure segments, all of one file in the order of their starts, so that it is decoded once."""
    import pandas as pd

    numbered = rows[_SEGMENT].reset_index(drop=True).sort_values("start_s", kind="stable")
    files = [(str(path), own.index.tolist()) for path, own in numbered.groupby("path", sort=False)]
    counter, lock = count(1), Lock()

    def of_file(file: tuple[str, list[int]]) -> list[tuple[int, Measurement]]:
        measured = []
        segments = numbered.loc[file[1], ["start_s", "end_s"]].itertuples(index=False, name=None)
        for number, measurement in zip(file[1], _measurements(Path(file[0]), list(segments)), strict=True):
            measured.append((number, measurement))
            with lock:
                done(next(counter))
        return measured

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        by_number = dict(pair for measured in pool.map(of_file, files) for pair in measured)
    return pd.DataFrame([by_number[i] for i in range(len(rows))], columns=Measurement._fields)


def _measurements(path: Path, segments: Sequence[tuple[float, float]]) -> Iterator[Measurement]:
    try:
        recording = Recording(path)
    except AudioError as error:
        yield from [_unusable(error)] * len(segments)
        return
    with recording:
        for start_s, end_s in segments:
            try:
                yield _measurement(recording, start_s, end_s)
            except AudioError as error:
                yield _unusable(error)


def _measurement(recording: Recording, start_s: float, end_s: float) -> Measurement:
    signal, rate = recording.segment(start_s, end_s), recording.sampling_rate
    return Measurement(
        audio.signal_digest(signal, rate),
        signal.shape[1] / rate,
        rate,
        len(signal),
        float(max(signal.max(), -signal.min())),
        audio.mono_share(signal),
        recording.remark,
    )


def _unusable(error: AudioError) -> Measurement:
    return Measurement(reason=getattr(error, "reason", str(error)))


def _offset(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress is not None else None


def _with_states(segments: pd.DataFrame) -> pd.DataFrame:
    """Add size and times of change of every file; -1 where it is not there.

    The time of change of its entry (ctime) tells a file that was replaced by one of the same size and with the same
    time of modification, as `cp -p`, `rsync -t` and `tar` do.
    """
    states = {path: _state(path) for path in segments["path"].unique()}
    columns = zip(*(states[path] for path in segments["path"]), strict=True) if len(segments) else [()] * len(_STATE)
    return segments.assign(**dict(zip(_STATE, map(list, columns), strict=True)))


def _state(path: str) -> tuple[int, int, int]:
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return -1, -1, -1
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _remembered(store: Path) -> pd.DataFrame:
    import pandas as pd

    types = {name: "int64" for name in (*_STATE, "sampling_rate", "channels")}
    types |= {name: "float64" for name in ("start_s", "end_s", "duration_s", "peak", "mono_share")}
    types |= {name: "object" for name in ("path", "digest", "remark")}
    empty = pd.DataFrame({name: pd.Series(dtype=types[name]) for name in [*_KEY, *_KEPT]})
    if not store.exists():
        return empty
    from pyarrow.parquet import ParquetFile

    try:
        # pandas' own reader imports pyarrow's data sets too, and its threads each take memory of their own.
        with ParquetFile(store) as file:
            kept: pd.DataFrame = file.read([*_KEY, *_KEPT], use_threads=False).to_pandas(use_threads=False)
        return kept.astype(types)
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors inherit from these
        logger.warning("What was remembered of decoded audio is damaged (%s); the audio is decoded again.", error)
        return empty


def _remember(store: Path, rows: pd.DataFrame) -> None:
    """Add what could be decoded, joined under a lock to what other processes wrote meanwhile."""
    from filelock import FileLock, Timeout

    sound = rows.loc[rows["digest"].notna(), [*_KEY, *_KEPT]]
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
