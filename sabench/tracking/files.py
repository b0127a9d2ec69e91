"""The files that are logged of a run: predictions, protocol card, record, environment and a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sabench.interfaces.records import Predictions

PREDICTIONS = "predictions.parquet"
CARD = "protocol.json"
RECORD = "run.json"
ENVIRONMENT = "environment.json"
PICTURE = "confusion_matrix.png"
_MOST_ROWS = 20_000_000
_MOST_COLUMNS = 1000
NAMES = (PREDICTIONS, CARD, RECORD, ENVIRONMENT, PICTURE)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value for people to read."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_predictions(path: Path, predictions: Mapping[str, Predictions]) -> None:
    """Write one table of all draws: draw, fold, id, speaker, truth, predicted, and a probability a class."""
    import pandas as pd

    tables = [table_of(those).assign(draw=draw) for draw, those in predictions.items()]
    pd.concat(tables, ignore_index=True).to_parquet(path, index=False)


def read_predictions(path: Path) -> pd.DataFrame:
    """Return the table that `write_predictions` wrote.

    Raises:
        ValueError, OSError: it is no such table, or far too large.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as parquet:
        about = parquet.metadata
        if about.num_rows > _MOST_ROWS or about.num_columns > _MOST_COLUMNS:
            msg = f"it has {about.num_rows} rows and {about.num_columns} columns"
            raise ValueError(msg)
    return pd.read_parquet(path)


def table_of(predictions: Predictions) -> pd.DataFrame:
    """Return predictions as a table with labels in words; `p/LABEL` is the probability of a class."""
    import numpy as np
    import pandas as pd

    labels = np.asarray(predictions.classes, dtype=object)
    columns: dict[str, Any] = {
        "fold": predictions.fold,
        "id": list(predictions.ids),
        "speaker": predictions.speaker,
        "truth": labels[predictions.truth],
        "predicted": labels[predictions.predicted],
    }
    columns |= {f"p/{label}": predictions.probabilities[:, i] for i, label in enumerate(predictions.classes)}
    return pd.DataFrame(columns)


def write_picture(path: Path, counts: np.ndarray, classes: Sequence[str], title: str) -> None:
    """Draw a confusion matrix: recalls as shade, counts in the fields; rows the truth."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = 2.5 + 0.7 * len(classes)
    figure = Figure(figsize=(size, size), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: it would choose a backend for the whole process
    axes = figure.add_subplot()
    share = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), count in _fields(counts):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count}\n{share[row, column]:.0%}", ha="center", va="center", color=colour, size=8)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted", ylabel="truth")
    axes.set_title(title, size=9, wrap=True)
    figure.savefig(path, dpi=100)


def _fields(counts: np.ndarray) -> list[tuple[tuple[int, int], int]]:
    rows, columns = counts.shape
    return [((row, column), int(counts[row, column])) for row in range(rows) for column in range(columns)]
