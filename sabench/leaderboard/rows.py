"""One row of the leaderboard, made anew from the predictions of a method's seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sabench.hashing import digest
from sabench.leaderboard.board import Difference, Row
from sabench.results.sources import KnowsGender
from sabench.stats import intervals, metrics
from sabench.stats.comparison import MIN_SEEDS, Comparison
from sabench.stats.metrics import Scores
from sabench.verdicts.entries import Entry, method_identity
from sabench.verdicts.harm import harm
from sabench.verdicts.verdict import Verdict, compare_family


def differences(pairs: Sequence[tuple[Entry, Entry]]) -> dict[int, Difference]:
    """Return each first entry's difference to its second; all pairs are one family."""
    return {id(verdict.first): _difference(verdict) for verdict in compare_family(pairs)}


def _difference(verdict: Verdict) -> Difference:
    one, entry, other, hurt = verdict.comparison, verdict.first, verdict.second, harm(verdict.gains)
    return Difference(
        baseline=other.title if other.draw == entry.draw else f"enrolled by {other.draw}",
        effect=one.effect.value,
        low=one.effect.low,
        high=one.effect.high,
        confidence=one.confidence,
        p=one.p,
        p_corrected=one.p_corrected,
        family=one.family,
        standard_error=one.standard_error,
        detectable=one.detectable,
        n_worse=hurt.n_worse,
        n_speakers=hurt.n_speakers,
        largest_loss=hurt.largest_loss,
        worse_speaker=hurt.speaker,
        about_methods=one.about_methods,
        verdict=_kind(one),
        sentence=verdict.sentence,
        harm=verdict.harm_sentence,
    )


def _kind(comparison: Comparison) -> str:
    if not comparison.rejected:
        return "none"
    if not comparison.about_methods:
        return "models"
    return "better" if comparison.effect.value > 0 else "worse"


def row_of(entry: Entry, *, rank: tuple[int, int] | None, difference: Difference | None, baseline: bool) -> Row:
    """Return the row of an entry; seeds are averaged."""
    method, sample, score = entry.method, entry.sample, intervals.interval(entry.sample)
    gender = entry.source.gender(entry.first) if isinstance(entry.source, KnowsGender) else {}
    scores = [metrics.scores(predictions, gender) for predictions in entry.predictions]
    speakers = {name: _mean(one.uar_per_speaker[name] for one in scores) for name in scores[0].uar_per_speaker}
    worst = min(speakers, key=speakers.__getitem__) if math.isnan(scores[0].gini) else _worst(scores)
    counts = np.sum([one.confusion for one in scores], axis=0)
    parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return Row(
        rank=rank,
        method=entry.title,
        method_hash=digest(method_identity(entry.first))[:12],
        features=method.features.name,
        normaliser=method.normaliser.name if method.normaliser else "",
        parameters=_parameters(entry),
        access=str(method.access),
        group=method.access.group,
        draw=entry.draw,
        seeds=tuple(run.seed for run in entry.runs),
        runs=tuple(run.run_id for run in entry.runs),
        uar=score.value,
        low=score.low,
        high=score.high,
        uar_mean=_mean(one.uar_mean for one in scores),
        uar_pooled=_mean(one.uar_pooled for one in scores),
        per_seed=tuple(float(value) for value in sample.seed_values),
        recall=dict(zip(entry.predictions[0].classes, metrics.recalls(counts).tolist(), strict=True)),
        confusion=tuple(tuple(line) for line in parts.tolist()),
        speakers=speakers,
        worst_speaker=worst,
        worst_uar=speakers[worst],
        gini=_mean(one.gini for one in scores),
        iswf=_mean(one.iswf for one in scores),
        gender_gap=None if scores[0].gender_gap is None else _mean(one.gender_gap or 0.0 for one in scores),
        complete=entry.complete,
        baseline=baseline,
        difference=difference,
        note=_note(entry),
        variant=method.variant,
        **_cost(entry),
    )


def _worst(scores: Sequence[Scores]) -> str:
    """Return the speaker who is worst off most often over the seeds; the first of them where that ties."""
    return Counter(one.worst_speaker[0] for one in scores).most_common(1)[0][0]


def _parameters(entry: Entry) -> dict[str, Any]:
    method = entry.method
    parts = [method.adapter] + ([method.normaliser] if method.normaliser else [])
    return {f"{part.name}.{key}": value for part in parts for key, value in part.parameters.items()}


def _cost(entry: Entry) -> dict[str, Any]:
    flat = [cell for of_run in entry.cells for cell in of_run if cell.n_training_speakers]
    return {
        "seconds": _mean(sum(cell.seconds for cell in of_run) for of_run in entry.cells),
        "n_parameters": max((cell.n_parameters for cell in flat if cell.n_parameters is not None), default=None),
        "n_training_speakers": min((cell.n_training_speakers for cell in flat), default=0),
    }


def _note(entry: Entry) -> str:
    sample = entry.sample
    if entry.first.contaminated:
        return f"contaminated: {entry.method.features.name} has seen {entry.first.dataset}"
    if entry.complete and not sample.enough_seeds(MIN_SEEDS):
        return f"{sample.n_seeds} of {MIN_SEEDS} seeds: no verdict"
    if entry.complete:
        return ""
    done = len(set(entry.predictions[0].fold.tolist()))
    failed = "; a fold failed" if any(run.status == "failed" for run in entry.runs) else ""
    return f"{done} of {len(entry.first.folds)} folds{failed}: not ranked"


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else math.nan
