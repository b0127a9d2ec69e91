"""A prepared corpus in numbers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sabench.interfaces.records import Corpus

if TYPE_CHECKING:
    import pandas as pd


def summarise(corpus: Corpus) -> dict[str, Any]:
    """Return counts and durations as JSON values.

    Every class of the task is there, with zero where no utterance has it; speakers, partitions,
    genders, sessions and sampling rates as far as they are known.
    """
    table = corpus.table
    return {
        "dataset": corpus.dataset,
        "task": corpus.task,
        "root": str(corpus.root),
        "utterances": len(table),
        "classes": {name: int((table["label"] == name).sum()) for name in corpus.classes},
        "speakers": _counts(table["speaker"]),
        "partitions": _counts(table["partition"]),
        "classes_by_partition": _by_partition(corpus),
        "genders": _counts(table.drop_duplicates("speaker")["gender"]),
        "sessions": _counts(table["session"]),
        "neutral": int(table["neutral"].sum()),
        "speakers_with_neutral": int(table.loc[table["neutral"], "speaker"].nunique()),
        "durations": durations(table["duration_s"]),
        "sampling_rates": _counts(table.loc[table["sampling_rate"] > 0, "sampling_rate"]),
        "simulated": corpus.simulated,
        "simulation": dict(corpus.simulation) if corpus.simulation is not None else None,
        "notes": list(corpus.notes),
    }


def durations(seconds: pd.Series) -> dict[str, float]:
    """Return total, shortest, median and longest in seconds; empty where nothing is known.

    >>> import pandas as pd
    >>> durations(pd.Series([1.0, 2.0, 4.5]))
    {'total_s': 7.5, 'shortest_s': 1.0, 'median_s': 2.0, 'longest_s': 4.5}
    """
    known = seconds.dropna()
    if known.empty:
        return {}
    summary = {"total": known.sum(), "shortest": known.min(), "median": known.median(), "longest": known.max()}
    return {f"{name}_s": round(float(value), 3) for name, value in summary.items()}


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}


def _by_partition(corpus: Corpus) -> dict[str, dict[str, int]]:
    rows = corpus.table.groupby(["partition", "label"]).size()
    return {
        name: {label: int(rows.get((name, label), 0)) for label in corpus.classes}
        for name in ("train", "validation", "test")
        if name in rows.index.get_level_values(0)
    }
