"""Parquet files to frames; recordings inside them (as Hugging Face writes) become files in the cache."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sabench import DatasetError, cache_folder

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS_AT_ONCE = 64
"""So many recordings are in memory at a time."""


def read_parquet(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the columns of a parquet file, and the names of those that held recordings.

    A column of recordings, `{bytes, path}` or bytes alone, becomes one of absolute paths in the cache folder, named
    by a hash of the bytes; beside it stands a column `id` with their own names, where there is none. Numbers that
    Hugging Face keeps for class labels become their names.

    Raises:
        DatasetError: it is no parquet file, or the recordings cannot be written to the cache.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            inside = [field.name for field in schema if _holds_recordings(field.type)]
            columns = {name: _written(file, name, path) for name in inside}
            others = [name for name in schema.names if name not in inside]
            # Threads would each take memory of their own, and a table is read in a moment.
            table = file.read(others, use_threads=False, use_pandas_metadata=True)
        frame = table.to_pandas(use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        words = " ".join(str(error).split())[:200]
        msg = f"{path} cannot be read as parquet ({words}). Write it anew with DataFrame.to_parquet."
        raise DatasetError(msg) from error
    for name, names in _class_names(schema).items():
        if name in frame:
            frame[name] = _named(frame[name], names)
    for name, recordings in columns.items():
        frame[name] = [file for file, _ in recordings]
        if "id" not in (str(column).lower() for column in frame.columns):
            frame["id"] = _ids([own for _, own in recordings], path)
    return frame, tuple(columns)


def _holds_recordings(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return any(field.name == "bytes" and _is_binary(field.type) for field in kind)
    return _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _written(file: pq.ParquetFile, column: str, path: Path) -> list[tuple[str | None, str | None]]:
    """Return path and own name of every recording of a column."""
    folder = cache_folder() / "recordings"
    recordings = []
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[column]):
        for cell in batch.column(0).to_pylist():
            content, name = (cell.get("bytes"), cell.get("path")) if isinstance(cell, Mapping) else (cell, None)
            recordings.append((_kept(content, name, folder, path) if content is not None else name, name))
    return recordings


def _kept(content: bytes, name: str | None, folder: Path, table: Path) -> str:
    suffix = PurePosixPath(name or "").suffix.lower()
    target = folder / f"{hashlib.sha256(content).hexdigest()[:32]}{suffix if suffix[1:].isalnum() else '.wav'}"
    if not target.exists() or target.stat().st_size != len(content):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, beside = tempfile.mkstemp(dir=folder)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            Path(beside).replace(target)
        except OSError as error:
            msg = (
                f"The recordings inside {table} cannot be written to {folder} ({error.strerror}). Name another "
                "folder by SABENCH_CACHE."
            )
            raise DatasetError(msg) from error
    return str(target)


def _ids(names: list[str | None], path: Path) -> list[str]:
    """Return the recordings' own names where these are unique, else table and row."""
    if None not in names and len(set(names)) == len(names):
        return [str(name) for name in names]
    return [f"{path.stem}[{row}]" for row in range(1, len(names) + 1)]


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the names of classes by column, as the library `datasets` keeps them in a file's metadata."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: feature["names"]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _named(numbers: pd.Series, names: list[str]) -> Any:
    import pandas as pd

    codes = pd.to_numeric(numbers, errors="coerce").fillna(-1).astype(int)
    texts = [names[code] if 0 <= code < len(names) else None for code in codes]
    return pd.Categorical(texts, categories=list(dict.fromkeys(names)))
