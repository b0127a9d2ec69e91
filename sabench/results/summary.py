"""The outcome of a run in one row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sabench.interfaces.records import Draw
from sabench.results.folder import Results
from sabench.results.runs import CellRecord, RunRecord
from sabench.stats import metrics


@dataclass(frozen=True)
class Summary:
    """One run under one draw.

    Attributes:
        record: the run.
        draw: which enrolment.
        uar_mean: mean of fold UARs; NaN where no fold is complete.
        uar_pooled: UAR of all predictions together.
        n_scored: utterances scored.
        cells: what is known of every fold.
    """

    record: RunRecord
    draw: str
    uar_mean: float
    uar_pooled: float
    n_scored: int
    cells: tuple[CellRecord, ...]

    @property
    def n_folds(self) -> int:
        """Number of complete folds."""
        return sum(cell.status == "complete" for cell in self.cells)

    @property
    def seconds(self) -> float:
        """Processor-occupying wall time of all fits and evaluations, wherever they ran."""
        return sum(cell.seconds for cell in self.cells)

    @property
    def n_training_speakers(self) -> int:
        """Training speakers of a fold, the fewest."""
        return min((cell.n_training_speakers for cell in self.cells if cell.n_training_speakers), default=0)

    @property
    def primary(self) -> float:
        """The score that intervals, tests and ranks use."""
        return self.uar_pooled if self.record.pooled else self.uar_mean

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Folds that failed, with their reasons."""
        return [(cell.fold, cell.error) for cell in self.cells if cell.status == "failed"]

    @property
    def failures_by_reason(self) -> dict[str, list[str]]:
        """Folds that failed, by their reason: one fault of a method fails all of them alike."""
        folds: dict[str, list[str]] = {}
        for fold, reason in self.failures:
            folds.setdefault(reason, []).append(fold)
        return folds

    def json(self) -> dict[str, Any]:
        """Return the row as `--json` prints it; UARs are fractions, null where there is none."""
        run = self.record
        return {
            "run_id": run.run_id,
            "adapter": run.method.name,
            "variant": run.method.variant,
            "features": run.method.features.name,
            "normaliser": run.method.normaliser.name if run.method.normaliser else None,
            "dataset": run.dataset,
            "task": run.task,
            "protocol": run.protocol,
            "protocol_hash": run.protocol_hash,
            "access": str(run.method.access),
            "draw": self.draw,
            "control": Draw.parse(self.draw).control,
            "seed": run.seed,
            "simulated": run.simulated,
            "contaminated": run.contaminated,
            "status": run.status,
            "uar_mean": _number(self.uar_mean),
            "uar_pooled": _number(self.uar_pooled),
            "n_scored": self.n_scored,
            "n_folds": self.n_folds,
            "n_training_speakers": self.n_training_speakers,
            "seconds": round(self.seconds, 3),
            "failures": [{"fold": fold, "reason": reason} for fold, reason in self.failures],
        }


def summarise(results: Results, run: RunRecord, draw: str) -> Summary:
    """Return the outcome of a run under a draw, scored anew from its predictions."""
    predictions = results.predictions(run, draw)
    cells = tuple(results.cells(run))
    if not len(predictions):
        return Summary(run, draw, math.nan, math.nan, 0, cells)
    scores = metrics.scores(predictions)
    return Summary(run, draw, scores.uar_mean, scores.uar_pooled, scores.n_scored, cells)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
