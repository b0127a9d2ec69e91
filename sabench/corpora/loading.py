"""What the harness does with a corpus that a plugin has read: decode, check, identify."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sabench.corpora.twins import simulation_of
from sabench.errors import ContractError, DatasetError, SabenchError, did_you_mean
from sabench.interfaces.records import COLUMNS, OPTIONAL_COLUMNS, Corpus

if TYPE_CHECKING:
    import pandas as pd

    from sabench.interfaces.plugins import Dataset, Progress

_DEFAULTS: Final[Mapping[str, Any]] = {
    "start_s": 0.0,
    "end_s": float("nan"),
    "gender": None,
    "neutral": False,
    "partition": None,
    "session": None,
}
_TEXTS: Final = ("id", "path", "speaker", "label", "session", *OPTIONAL_COLUMNS)
_SHOWN: Final = 5


def utterance_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table with all `COLUMNS` from rows that give at least id, path, speaker and label.

    What a row leaves out is the whole file, not neutral, and without gender, partition and session. `OPTIONAL_COLUMNS`
    stand in the table where some row has a value for them.

    Raises:
        ContractError: a row lacks a needed column or has one that a corpus does not know.

    >>> table = utterance_table([{"id": "a", "path": "a.wav", "speaker": "s1", "label": "sad"}])
    >>> table[["start_s", "neutral", "gender"]].values.tolist()
    [[0.0, False, None]]
    """
    import pandas as pd

    complete = [{**_DEFAULTS, **row} for row in rows]
    for row in complete:
        _refuse_columns(row.keys())
    known = [name for name in OPTIONAL_COLUMNS if any(row.get(name) is not None for row in complete)]
    types = {"start_s": "float64", "end_s": "float64", "neutral": "bool"}
    names = (*COLUMNS, *known)
    columns = {name: pd.Series([row.get(name) for row in complete], dtype=types.get(name, "object")) for name in names}
    return pd.DataFrame(columns)


def load(
    dataset: Dataset, root: Path, task: str | None = None, *, jobs: int | None = None, progress: Progress | None = None
) -> Corpus:
    """Return a corpus read by its plugin and prepared; `task` is the dataset's first where none is named.

    Raises:
        DatasetError: the task is unknown, or nothing can be read.
    """
    task = task or dataset.tasks[0]
    if task not in dataset.tasks:
        msg = (
            f"Dataset {dataset.name!r} has no task {task!r}.{did_you_mean(task, dataset.tasks)} "
            f"Its tasks: {', '.join(dataset.tasks)}."
        )
        raise DatasetError(msg)
    return prepare(read(dataset, root, task), jobs=jobs, progress=progress)


def read(dataset: Dataset, root: Path, task: str) -> Corpus:
    """Return what a plugin reads of a corpus: labels and layout, no audio.

    Raises:
        DatasetError: nothing can be read, or the plugin fails over what it finds.
    """
    try:
        return dataset.load(root, task)
    except SabenchError:
        raise
    except Exception as error:  # noqa: BLE001  (a plugin may raise anything, and the user is to read a sentence)
        msg = (
            f"The plugin of dataset {dataset.name!r} fails over {root}: {type(error).__name__}: {error}. Compare the "
            "files with the layout that it expects, or tell its author."
        )
        raise DatasetError(msg) from error


def prepare(corpus: Corpus, *, jobs: int | None = None, progress: Progress | None = None) -> Corpus:
    """Return the corpus with columns `digest`, `duration_s` and `sampling_rate`, and every fault told.

    Audio is decoded by threads, once as long as path, size, times of change and segment stay.

    Raises:
        ContractError: the plugin's table lacks a column.
    """
    from sabench import audio
    from sabench.corpora.decoding import measure
    from sabench.corpora.faults import faults_of
    from sabench.corpora.names import sentences_on_names

    _refuse_columns(corpus.table.columns)
    table = corpus.table.reset_index(drop=True)
    for column in (name for name in _TEXTS if name in table):  # a plugin may give numbers, which name speakers as well
        table[column] = table[column].astype("object").map(str, na_action="ignore")
    measured = measure(table, cache=f"{corpus.dataset}-{corpus.root.absolute()}", jobs=jobs, progress=progress)
    for column in ("digest", "duration_s", "sampling_rate"):
        table[column] = measured[column]
    prepared = replace(corpus, table=table, simulation=corpus.simulation or _simulation(table))
    # A note is part of the protocol hash: numbers of another resampling are not held against these.
    resampled = audio.resampling(table["sampling_rate"].unique())
    notes = (*corpus.notes, *sentences_on_names(prepared), *filter(None, [resampled]))
    return replace(prepared, notes=notes).with_table(table, faults_of(prepared, measured))


def refuse_faulty(corpus: Corpus) -> None:
    """Raise where a corpus has faults over which no number can be trusted.

    Raises:
        DatasetError: naming the first of them, and how to see all.
    """
    fatal = [fault for fault in corpus.faults if fault.fatal]
    if not fatal:
        return
    count = "a fault that forbids" if len(fatal) == 1 else f"{len(fatal)} faults that forbid"
    shown = [f"  {fault}" for fault in fatal[:_SHOWN]]
    if len(fatal) > _SHOWN:
        shown.append(f"  and {len(fatal) - _SHOWN} more")
    msg = (
        f"The corpus {corpus.dataset!r} has {count} a run:\n"
        + "\n".join(shown)
        + f"\nSee all with: sabench dataset check {corpus.dataset} --task {corpus.task} --root {corpus.root}"
    )
    raise DatasetError(msg)


def fingerprint(corpus: Corpus) -> str:
    """Return a hash of ids, speakers, labels and decoded samples; paths, order and layout do not enter.

    Raises:
        DatasetError: some audio has not been decoded.
    """
    from sabench.hashing import digest

    if "digest" not in corpus.table or corpus.table["digest"].isna().any():
        msg = f"The corpus {corpus.dataset!r} has audio that is not decoded, so it has no fingerprint."
        raise DatasetError(f"{msg} See: sabench dataset check {corpus.dataset}")
    rows = corpus.table[["id", "speaker", "label", "digest"]].astype(str)
    return digest(sorted(rows.itertuples(index=False, name=None)))


def _refuse_columns(columns: Iterable[str]) -> None:
    missing = [name for name in COLUMNS if name not in set(columns)]
    unknown = [str(name) for name in columns if name not in (*COLUMNS, *OPTIONAL_COLUMNS)]
    if missing or unknown:
        differences = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(unknown)}"] * bool(unknown)
        msg = f"The table of a corpus {' and '.join(differences)}; expected the columns {', '.join(COLUMNS)}."
        raise ContractError(msg)


def _simulation(table: pd.DataFrame) -> Mapping[str, Any] | None:
    """Look above the audio itself: a list of files that leads into a twin is a twin."""
    folders = sorted({os.path.dirname(path) for path in table["path"]})
    return next((simulation for folder in folders if (simulation := simulation_of(Path(folder))) is not None), None)
