"""One run in words and numbers: what `sabench show` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sabench.interfaces.records import Draw
from sabench.leaderboard.board import Row
from sabench.leaderboard.rows import row_of
from sabench.results.runs import CellRecord, RunRecord
from sabench.results.sources import RunSource
from sabench.stats import intervals, metrics
from sabench.verdicts.baselines import Baselines
from sabench.verdicts.entries import Entry, entries, entry_of, identity
from sabench.verdicts.verdict import Verdict, compare
from sabench.verdicts.wording import points


@dataclass(frozen=True)
class Report:
    """What there is to say of one run.

    Attributes:
        run, draw: which.
        row: its scores; None where no fold is complete.
        folds: UAR of each complete fold.
        cells: what is known of every fold.
        verdict: of its method, all seeds, against the unadapted baseline, where that ran too.
        sentences: all of it in words.
    """

    run: RunRecord
    draw: str
    row: Row | None
    folds: Mapping[str, float]
    cells: tuple[CellRecord, ...]
    verdict: Verdict | None
    sentences: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value; scores are fractions."""
        run = self.run
        return {
            "run_id": run.run_id,
            "dataset": run.dataset,
            "task": run.task,
            "protocol": run.protocol,
            "protocol_hash": run.protocol_hash,
            "seed": run.seed,
            "draw": self.draw,
            "simulated": run.simulated,
            "contaminated": run.contaminated,
            "status": run.status,
            "sentences": list(self.sentences),
            "scores": None if self.row is None else _scores(self.row),
            "folds": [
                {
                    "fold": c.fold,
                    "status": c.status,
                    "uar": self.folds.get(c.fold),
                    "seconds": c.seconds,
                    "error": c.error,
                }
                for c in self.cells
            ],
            "verdict": self.verdict.json() if self.verdict else None,
        }


def _scores(row: Row) -> dict[str, Any]:
    values = asdict(row)
    return {key: value for key, value in values.items() if key not in ("rank", "baseline", "difference", "note")}


def report(source: RunSource, run: RunRecord, draw: str = "first") -> Report:
    """Return the report of a run under a draw.

    Raises:
        ResultsError: the run has no such draw.
    """
    group = entry_of(source, run, draw)
    cells = tuple(source.cells(run))
    predictions = source.predictions(run, draw)
    if not len(predictions):
        words = f"{run.run_id} has no complete fold yet; repeat its command to go on."
        return Report(run, draw, None, {}, cells, None, (words, *_failures(cells)))
    alone = replace(group, runs=(run,))
    verdict = _against_baseline(group)
    sentences = (_score_words(alone), *_verdict_sentences(verdict), *_failures(cells))
    row = row_of(alone, rank=None, difference=None, baseline=False)
    return Report(run, draw, row, metrics.scores(predictions).uar_per_fold, cells, verdict, sentences)


def _against_baseline(entry: Entry) -> Verdict | None:
    if Draw.parse(entry.draw).control:
        return None
    runs = [run for run in entry.source.runs() if run.protocol_hash == entry.first.protocol_hash]
    others = [other for other in entries(entry.source, runs) if not other.control]
    # A run that another seed, or its own repetition, stands for is none of them.
    mine = next((other for other in others if other.runs == entry.runs and other.draw == entry.draw), entry)
    alike = [other for other in others if other.first.contaminated == entry.first.contaminated]
    kept = [other for other in alike if other.draw == "first" and other.complete]
    baseline = Baselines(kept).of(mine)
    if baseline is None or identity(baseline.first) == identity(entry.first):
        return None
    return compare(entry, baseline)


def _verdict_sentences(verdict: Verdict | None) -> tuple[str, ...]:
    return (verdict.sentence, verdict.harm_sentence, *verdict.notes) if verdict else ()


def _score_words(entry: Entry) -> str:
    run, score = entry.first, intervals.interval(entry.sample)
    drawn = "" if entry.draw == "first" else f", enrolled by {entry.draw}"
    return (
        f"{entry.title} on {entry.place}{run.mark}, {run.protocol}, seed {run.seed}{drawn}: "
        f"UAR {points(score.value)} % [95% CI {points(score.low)}, {points(score.high)}] "
        f"over {len(entry.sample.units)} speakers, access {entry.method.access}."
    )


def _failures(cells: tuple[CellRecord, ...]) -> list[str]:
    return [
        f"Fold {cell.fold} {cell.status}: {cell.error or 'not run yet'}" for cell in cells if cell.status != "complete"
    ]
