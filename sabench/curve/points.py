"""What a curve shows, as records that table, CSV, JSON and picture are written from. Scores are fractions."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sabench.results.csv_cells import escaped


@dataclass(frozen=True)
class Point:
    """One method at one number of enrolment utterances.

    Attributes:
        method: as it was asked for.
        kind: what is counted: `neutral` or `unlabelled` utterances.
        k: how many the method asks for.
        supplied: how many target speakers gave, the mean.
        uar, low, high: the primary score, the mean over draws and seeds, with its interval over speakers.
        draw_low, draw_high, draw_sd: the lowest and highest score of a draw, and their standard deviation.
        n_draws: how many.
        seeds: of the runs.
        runs: their ids.
    """

    method: str
    kind: str
    k: int
    supplied: float
    uar: float
    low: float
    high: float
    draw_low: float
    draw_high: float
    draw_sd: float
    n_draws: int
    seeds: tuple[int, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A method that is not enrolled, over the same scored utterances."""

    method: str
    uar: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """Methods over numbers of enrolment utterances, all on one protocol.

    Attributes:
        dataset, task, protocol, protocol_hash: what all points share.
        score: `mean of fold UARs` or `pooled UAR`.
        simulated: whether the speech is synthesised.
        n_scored, n_speakers: of the protocol.
        ks: the numbers that were asked for.
        points: by method, then k.
        references: unadapted methods.
        notes: what was left out and which speakers supply fewer, a sentence each.
    """

    dataset: str
    task: str
    protocol: str
    protocol_hash: str
    score: str
    simulated: bool
    n_scored: int
    n_speakers: int
    ks: tuple[int, ...]
    points: tuple[Point, ...]
    references: tuple[Reference, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it is of."""
        mark = " (simulated)" if self.simulated else ""
        return f"{self.dataset} {self.task}{mark}: {self.protocol} {self.protocol_hash[:8]}, {self.score}"

    @property
    def methods(self) -> Mapping[str, list[Point]]:
        """Points of each method, by k."""
        by_method: dict[str, list[Point]] = {}
        for point in self.points:
            by_method.setdefault(f"{point.method} (k {point.kind})", []).append(point)
        return by_method

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)

    def csv(self) -> str:
        """Return one row a point, and one a reference with empty k."""
        columns = [name for name in Point.__dataclass_fields__ if name not in ("seeds", "runs")]
        stream = io.StringIO(newline="")
        places = ["dataset", "task", "protocol_hash", "simulated"]
        writer = csv.DictWriter(stream, [*places, *columns], lineterminator="\n")
        writer.writeheader()
        place = {name: getattr(self, name) for name in places}
        rows = [*map(asdict, self.points), *map(asdict, self.references)]
        for row in rows:
            cells = {name: value for name, value in {**place, **row}.items() if name in (*places, *columns)}
            writer.writerow({name: escaped(cell) if isinstance(cell, str) else cell for name, cell in cells.items()})
        return stream.getvalue()
