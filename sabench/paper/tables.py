"""Measured beside reported: the rows of a publication's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import nan
from typing import Any

import numpy as np

from sabench.interfaces.records import Reported
from sabench.paper.layout import Publication, TableLayout
from sabench.paper.steps import Carried
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.results.summary import Summary
from sabench.stats import intervals, sample


@dataclass(frozen=True)
class Score:
    """One method at one place; fractions, None or NaN where there is nothing.

    Attributes:
        table, place, method: where it stands.
        reported: as printed.
        measured, low, high: here, the mean over seeds with its interval over speakers.
        reason: why nothing was measured.
    """

    table: str
    place: str
    method: str
    reported: float | None
    measured: float | None
    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of one method over draws of one trained model."""

    table: str
    place: str
    method: str
    reported_mean: float | None
    reported_sd: float | None
    mean: float | None
    sd: float | None
    n_draws: int


@dataclass(frozen=True)
class Test:
    """The publication's own test: draws of one trained model of each as if they were replicates."""

    table: str
    place: str
    first: str
    second: str
    p: float


@dataclass(frozen=True)
class RelativeGain:
    """How much one method gains over another, relative to it; in fractions.

    Attributes:
        printed: in the publication's words.
        reported: made anew from the publication's table.
        measured: here.
    """

    place: str
    method: str
    over: str
    printed: float
    reported: float | None
    measured: float | None


@dataclass(frozen=True)
class PaperOutcome:
    """All tables of a comparison, and in what it differs from the published one."""

    title: str
    source: str
    simulated: bool
    scores: tuple[Score, ...]
    spreads: tuple[Spread, ...]
    tests: tuple[Test, ...]
    gains: tuple[RelativeGain, ...]
    deviations: tuple[str, ...]
    notes: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)


def outcome(
    publication: Publication,
    tables: Sequence[str],
    carried: Carried,
    results: Results,
    registry: Registry,
    deviations: Sequence[str],
) -> PaperOutcome:
    """Return the tables of a publication beside what was measured."""
    maker = _Maker(publication, carried, results, registry)
    shown = {number: publication.tables[number] for number in tables or publication.tables}
    scores = [row for number, table in shown.items() if len(table.draws) == 1 for row in maker.scores(number, table)]
    spreads = [row for number, table in shown.items() if len(table.draws) > 1 for row in maker.spreads(number, table)]
    tests = [row for number, table in shown.items() if len(table.draws) > 1 for row in maker.tests(number, table)]
    return PaperOutcome(
        title=publication.title,
        source=publication.source,
        simulated=any(s.record.simulated for summaries in carried.summaries.values() for s in summaries),
        scores=tuple(scores),
        spreads=tuple(spreads),
        tests=tuple(tests),
        gains=tuple(maker.gains(scores)),
        deviations=tuple(deviations),
        notes=publication.notes,
    )


class _Maker:
    """Makes rows of one comparison."""

    def __init__(self, publication: Publication, carried: Carried, results: Results, registry: Registry) -> None:
        self._publication, self._carried = publication, carried
        self._results, self._registry = results, registry

    def scores(self, number: str, table: TableLayout) -> list[Score]:
        return [self._score(number, place, name) for place in self._places(table) for name in self._methods(table)]

    def _score(self, number: str, place: str, name: str) -> Score:
        summaries = [s for s in self._carried.summaries.get((place, name), ()) if s.draw == "first"]
        reported = self._reported(place, name)
        complete, reason = _complete(summaries)
        if not complete:
            return Score(number, place, name, reported, None, nan, nan, reason)
        run = complete[0].record
        predictions = sample.common([self._results.predictions(s.record, s.draw) for s in complete])
        score = intervals.interval(sample.sample(predictions, pooled=run.pooled, stochastic=run.stochastic))
        return Score(number, place, name, reported, score.value, score.low, score.high)

    def spreads(self, number: str, table: TableLayout) -> list[Spread]:
        spreads = []
        for place in self._places(table):
            for name in self._methods(table):
                values = self._by_draw(place, name, table)
                mean, sd = table.printed.get(place, {}).get(name, (None, None))
                spreads.append(
                    Spread(
                        table=number,
                        place=place,
                        method=name,
                        reported_mean=None if mean is None else mean / 100,
                        reported_sd=None if sd is None else sd / 100,
                        mean=float(values.mean()) if len(values) else None,
                        sd=float(values.std(ddof=1)) if len(values) > 1 else None,
                        n_draws=len(values),
                    )
                )
        return spreads

    def tests(self, number: str, table: TableLayout) -> list[Test]:
        """Return the two-sided t-test of neighbouring methods; none where no draw differs from another."""
        from scipy.stats import ttest_ind_from_stats

        tests = []
        for place in self._places(table):
            values = {name: self._by_draw(place, name, table) for name in self._methods(table)}
            names = [name for name, row in values.items() if len(row) > 1]
            for first, second in zip(names, names[1:], strict=False):
                moments = [
                    moment
                    for row in (values[second], values[first])
                    for moment in (row.mean(), row.std(ddof=1), len(row))
                ]
                if moments[1] + moments[4] > 1e-9:
                    tests.append(Test(number, place, second, first, float(ttest_ind_from_stats(*moments).pvalue)))
        return tests

    def gains(self, scores: Sequence[Score]) -> list[RelativeGain]:
        at = {(row.place, row.method): row for row in scores}
        gains = []
        for gain in self._publication.gains:
            for place, printed in gain.printed.items():
                ahead, behind = at.get((place, gain.adapter)), at.get((place, gain.over))
                if ahead and behind:
                    reported = _relative(ahead.reported, behind.reported)
                    measured = _relative(ahead.measured, behind.measured)
                    gains.append(RelativeGain(place, gain.adapter, gain.over, printed / 100, reported, measured))
        return gains

    def _by_draw(self, place: str, name: str, table: TableLayout) -> np.ndarray:
        """Return the score of each draw of the first seed's models."""
        summaries = [s for s in self._carried.summaries.get((place, name), ()) if s.draw in table.draws]
        first = [s for s in summaries if s.record.seed == summaries[0].record.seed and s.record.status == "complete"]
        return np.array([summary.primary for summary in first])

    def _places(self, table: TableLayout) -> list[str]:
        ran = {step.place for step in self._carried.steps}
        return [name for name in table.places if name in ran]

    def _methods(self, table: TableLayout) -> list[str]:
        every = [name for group in self._publication.groups.values() for name in group.adapters]
        return list(table.adapters) or every

    def _reported(self, place: str, name: str) -> float | None:
        dataset, _, task = self._publication.places[place].dataset.partition(":")
        rows: Sequence[Reported] = self._registry.get("datasets", dataset).reported
        for row in rows:
            if row.adapter == name and row.task == task and row.source.startswith(self._publication.source):
                return row.uar
        return None


def _complete(summaries: Sequence[Summary]) -> tuple[list[Summary], str]:
    """Return the complete runs, or why there are none."""
    complete = [summary for summary in summaries if summary.record.status == "complete"]
    if complete:
        return complete, ""
    failures = [reason for summary in summaries for _, reason in summary.failures]
    return [], failures[0] if failures else "not run"


def _relative(value: float | None, other: float | None) -> float | None:
    return None if value is None or not other else (value - other) / other
