"""Precomputed vectors as features: embeddings of a network, or whatever was computed elsewhere."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sabench import FeatureError, FeatureExtractor, hookimpl
from sabench_plugins.features._unnamed import CHECKS_OF_EXTRACT

if TYPE_CHECKING:
    import pandas as pd

KEY = "digest"
"""The column of a table that says which signal a vector belongs to."""


class Embeddings(FeatureExtractor):
    """Vectors read from a table, by the content of the signal and not by its name.

    An extractor sees a signal alone, so that it cannot peek at names that tell labels; the table therefore has the
    SHA-256 of what extractors are handed of each utterance beside its vector. `write_table` makes one from vectors
    indexed by file, or by file, start and end, as audinterface and audformat do. The content of the table is part
    of a run's identity.

    Recordings of another sampling rate than 16 kHz or of several channels are known by their resampled samples:
    where another version of scipy resamples to other bits, write the table anew.

    Args:
        table: a parquet file that `write_table` wrote.
        also_trained_on: names of datasets that the network behind the vectors has seen; runs on them are marked
            contaminated.
    """

    name = "embeddings"
    title = "precomputed vectors from a table"
    kind = "functionals"
    expected_failed_checks: ClassVar[Mapping[str, str]] = dict.fromkeys(
        CHECKS_OF_EXTRACT,
        "it knows the signals of its table alone, not those of the check",
    )

    def __init__(self, table: str | None = None, also_trained_on: list[str] | None = None) -> None:
        self.table = table
        self.also_trained_on = also_trained_on
        vars(self)["trained_on"] = tuple(also_trained_on or ())
        if table is not None:
            # A version of the instance: the same path with other vectors is another extractor.
            vars(self)["version"] = f"{type(self).version}-{_content(Path(table))}"

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return the vector of a signal, float32 of shape `(n_dimensions,)`.

        Raises:
            FeatureError: no table is named, or it does not know the signal.
        """
        from sabench import signal_digest

        if self.table is None:
            msg = "embeddings needs a table of vectors; name it with --set embeddings.table=FILE.parquet."
            raise FeatureError(msg)
        known = _vectors(Path(self.table), os.stat(self.table).st_mtime_ns)
        digest = signal_digest(signal, sampling_rate)
        if digest not in known:
            msg = (
                f"the table {self.table} has no vector for this utterance ({signal.shape[1] / sampling_rate:.3f} s, "
                f"digest {digest[:12]}). It has {len(known)} others; write it anew from the recordings in use."
            )
            raise FeatureError(msg)
        return known[digest]


def write_table(vectors: pd.DataFrame, table: Path, *, root: Path | None = None) -> Path:
    """Write the table that `embeddings` reads, and return its path.

    Args:
        vectors: one row an utterance, one column a dimension; the index holds files, or files with start and end as
            timedeltas or seconds (NaT or NaN for the end of the file).
        table: a parquet file to be written.
        root: what relative files are relative to; the present folder by default.

    Raises:
        AudioError: a file cannot be read.
        FeatureError: a column is not a number, a value is missing, or identical audio has different vectors.
    """
    import pandas as pd

    from sabench import load_signal, signal_digest

    _refuse_bad(vectors)
    rows: dict[str, np.ndarray] = {}
    for (file, start_s, end_s), vector in zip(_segments(vectors.index), vectors.to_numpy(np.float32), strict=True):
        digest = signal_digest(*load_signal((root or Path()) / file, start_s, end_s))
        if not np.array_equal(rows.setdefault(digest, vector), vector):
            msg = f"{file} sounds the same as another utterance and has another vector; keep one of them."
            raise FeatureError(msg)
    frame = pd.DataFrame(np.stack(list(rows.values())), columns=[str(name) for name in vectors.columns])
    frame.insert(0, KEY, list(rows))
    frame.to_parquet(table, index=False)
    return table


def _segments(index: pd.Index) -> Iterator[tuple[str, float, float | None]]:
    for place in index:
        file, start, end = place if isinstance(place, tuple) else (place, 0.0, None)
        stop_s = _seconds(end)
        yield str(file), _seconds(start) or 0.0, stop_s


def _seconds(value: Any) -> float | None:
    import pandas as pd

    if value is None or pd.isna(value):
        return None
    return float(value.total_seconds() if hasattr(value, "total_seconds") else value)


def _refuse_bad(vectors: pd.DataFrame) -> None:
    words = [str(name) for name, kind in vectors.dtypes.items() if kind.kind not in "fiub"]
    if words or vectors.empty:
        what = f"column {', '.join(words)} holds no numbers" if words else "there are none"
        msg = f"Vectors need one row an utterance and one numeric column a dimension; {what}."
        raise FeatureError(msg)
    bad = vectors.index[~np.isfinite(vectors.to_numpy(np.float32)).all(axis=1)]
    if len(bad):
        msg = f"{len(bad)} vectors have values that are missing or infinite, the first one that of {bad[0]}."
        raise FeatureError(msg)


def _content(table: Path) -> str:
    try:
        with table.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        msg = f"The table of embeddings {table} cannot be read ({error.strerror}); write one with write_table."
        raise FeatureError(msg) from error


@functools.lru_cache(maxsize=2)
def _vectors(table: Path, changed_ns: int) -> Mapping[str, np.ndarray]:
    """Return vectors by digest; `changed_ns` makes a table that was written anew be read anew."""
    import pandas as pd

    try:
        frame = pd.read_parquet(table)
    except (OSError, ValueError) as error:
        msg = f"The table of embeddings {table} is no parquet file ({error}); write one with write_table."
        raise FeatureError(msg) from error
    if KEY not in frame.columns or len(frame.columns) < 2:
        shown = ", ".join(map(str, frame.columns[:5]))
        msg = f"The table of embeddings {table} needs a column {KEY!r} beside the vectors; it has {shown}."
        raise FeatureError(msg)
    values = frame.drop(columns=KEY).to_numpy(np.float32)
    return dict(zip(frame[KEY].astype(str), values, strict=True))


@hookimpl
def sabench_features() -> dict[str, type[FeatureExtractor]]:
    """Offer precomputed vectors."""
    return {"embeddings": Embeddings}
