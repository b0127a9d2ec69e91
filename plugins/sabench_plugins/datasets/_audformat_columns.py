"""Labels of a database in audformat, by segment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sabench import DatasetError
from sabench_plugins.datasets._audformat_settings import SETTINGS

if TYPE_CHECKING:
    import audformat


@dataclass(frozen=True, order=True)
class Segment:
    """A part of a file.

    Attributes:
        file: as the database names it; relative to its root.
        start_s: in seconds.
        stop_s: in seconds; infinite for the end of the file.
    """

    file: str
    start_s: float = 0.0
    stop_s: float = float("inf")

    @property
    def end_s(self) -> float:
        """Where it ends, NaN for the end of the file."""
        return float("nan") if self.stop_s == float("inf") else self.stop_s

    @property
    def id(self) -> str:
        """The file, with the segment where it is not the whole file.

        >>> Segment("a.wav").id, Segment("a.wav", 1.5, 2.0).id
        ('a.wav', 'a.wav[1.500-2.000]')
        """
        if self == Segment(self.file):
            return self.file
        stop = "" if self.stop_s == float("inf") else f"{self.stop_s:.3f}"
        return f"{self.file}[{self.start_s:.3f}-{stop}]"


class Column:
    """The values that all tables together give for a scheme, without those that are missing.

    Attributes:
        labels: the values in use as texts, in the order of their scheme, otherwise sorted.
        n_missing: rows without a value.
        continuous: whether values are numbers with a fraction.
    """

    def __init__(self, values: dict[Segment, Any], n_missing: int, order: Sequence[str] = ()) -> None:
        self._values = values
        self.continuous = any(isinstance(value, float) for value in values.values())
        self.n_missing = n_missing
        used = {str(value) for value in values.values()}
        self.labels = tuple([name for name in order if name in used] + sorted(used.difference(order)))

    @classmethod
    def read(
        cls,
        database: audformat.Database,
        scheme: str,
        tables: Sequence[str] | None = None,
        *,
        split: str | None = None,
        map_labels: bool = True,
    ) -> Column:
        """Return what a database says for a scheme, a column of that name, or a field of a scheme's labels.

        Raises:
            DatasetError: tables contradict each other, or one is unknown.
        """
        unknown = [name for name in tables or () if name not in database.tables]
        if unknown:
            msg = (
                f"{SETTINGS} names the table {', '.join(unknown)}; database {database.name!r} has "
                f"{', '.join(database.tables)}."
            )
            raise DatasetError(msg)
        try:
            frame = database.get(scheme, tables=None if tables is None else list(tables), splits=split, map=map_labels)
        except (TypeError, ValueError) as error:
            msg = (
                f"The tables of database {database.name!r} do not agree on {scheme!r}: {' '.join(str(error).split())} "
                f'Choose some in {SETTINGS}: tables = ["..."]. It has {", ".join(database.tables)}.'
            )
            raise DatasetError(msg) from error
        return cls._of(frame[scheme], database, scheme)

    @classmethod
    def _of(cls, series: Any, database: audformat.Database, scheme: str) -> Column:
        present = series[series.notna()]
        values = {_segment(index, database): value for index, value in present.items()}
        declared = database.schemes[scheme].labels if scheme in database.schemes else None
        order = [str(label) for label in declared] if isinstance(declared, list | dict) else []
        return cls(values, len(series) - len(present), order)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, segment: Segment) -> bool:
        return segment in self._values

    def items(self) -> Iterator[tuple[Segment, str]]:
        """Yield every segment with its label, in the order of file and start."""
        for segment in sorted(self._values):
            yield segment, str(self._values[segment])

    def of(self, segment: Segment) -> Any:
        """Return the value of a segment, else that of its file, else None."""
        return self._values.get(segment, self._values.get(Segment(segment.file)))


def _segment(index: Any, database: audformat.Database) -> Segment:
    import pandas as pd

    file, start, end = (index, pd.Timedelta(0), pd.NaT) if isinstance(index, str) else index
    if os.path.isabs(file):  # as audb gives them
        file = os.path.relpath(file, database.root)
    stop_s = float("inf") if pd.isna(end) else end.total_seconds()
    return Segment(file.replace(os.sep, "/"), start.total_seconds(), stop_s)
