"""Verdicts in words: which method helps, how sure that is, and at what price in target-speaker data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sabench.errors import ResultsError
from sabench.stats import comparison, intervals, sample
from sabench.stats.comparison import MIN_SEEDS, Comparison
from sabench.stats.families import ALPHA
from sabench.stats.intervals import Interval
from sabench.verdicts.entries import Entry, identity, sample_of
from sabench.verdicts.wording import p_words, points, price_words


@dataclass(frozen=True)
class Verdict:
    """What can be said of two methods.

    Attributes:
        first, second: what was compared.
        scores: of each, over the utterances that both scored.
        comparison: effect, interval and p.
        sentence: all of it in words.
        notes: what weakens it, a sentence each.
    """

    first: Entry
    second: Entry
    scores: tuple[Interval, Interval]
    comparison: Comparison
    sentence: str
    notes: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value; scores and effects are fractions."""
        found = self.comparison
        return {
            "verdict": self.sentence,
            "notes": list(self.notes),
            "significant": found.significant,
            "about_methods": found.about_methods,
            "effect": found.effect.value,
            "low": found.effect.low,
            "high": found.effect.high,
            "p": found.p,
            "p_speakers": found.p_speakers,
            "p_seeds": found.p_seeds,
            "p_both": found.p_both,
            "smallest_p": found.smallest_p,
            "exact": found.exact,
            "n_speakers": found.n_speakers,
            "first": _side(self.first, self.scores[0]),
            "second": _side(self.second, self.scores[1]),
        }


def _side(entry: Entry, score: Interval) -> dict[str, Any]:
    run = entry.first
    return {
        "method": entry.title,
        "access": str(entry.method.access),
        "dataset": run.dataset,
        "task": run.task,
        "protocol": run.protocol,
        "protocol_hash": run.protocol_hash,
        "draw": entry.draw,
        "simulated": run.simulated,
        "seeds": [one.seed for one in entry.runs],
        "runs": [one.run_id for one in entry.runs],
        "uar": score.value,
        "low": score.low,
        "high": score.high,
    }


def compare(first: Entry, second: Entry, *, min_seeds: int = MIN_SEEDS) -> Verdict:
    """Return the verdict on two entries.

    Raises:
        ResultsError: they ran under different protocols, or scored nothing in common.
    """
    refuse_unlike(first, second)
    both = sample.common([*first.predictions, *second.predictions])
    one = sample_of(first, both[: len(first.runs)])
    other = sample_of(second, both[len(first.runs) :])
    same = _same_models(first, second)
    if same:
        one, other = (replace(sample, stochastic=False) for sample in (one, other))
    found = comparison.compare(one, other, min_seeds=min_seeds)
    if same and _lacks_seeds(first, min_seeds):
        found = replace(found, about_methods=False)
    scores = intervals.interval(one), intervals.interval(other)
    notes = _notes(first, second, found, min_seeds)
    return Verdict(first, second, scores, found, words(first, second, found), notes)


def refuse_unlike(first: Entry, second: Entry) -> None:
    """Raise where results are not comparable.

    Raises:
        ResultsError: saying in what their protocols differ.
    """
    one, other = first.first, second.first
    if one.protocol_hash == other.protocol_hash:
        return
    msg = (
        f"{one.run_id} and {other.run_id} cannot be compared: their protocols differ "
        f"({one.protocol_hash[:8]} and {other.protocol_hash[:8]}) in {_differences(first, second)}. "
        "Run both with the same dataset, task, protocol and pool."
    )
    raise ResultsError(msg)


def _differences(first: Entry, second: Entry) -> str:
    one, other = first.source.card(first.first.protocol_hash), second.source.card(second.first.protocol_hash)
    told = [
        f"{key} ({one.get(key)} and {other.get(key)})"
        for key in ("dataset", "task", "protocol")
        if one.get(key) != other.get(key)
    ]
    if bool(one.get("simulated")) != bool(other.get("simulated")):
        told.append("simulated and real recordings")
    if one.get("pool") != other.get("pool"):
        told.append("the pool rule")
    return " and ".join(told) or "the recordings or the scored utterances"


def _same_models(first: Entry, second: Entry) -> bool:
    """Whether two entries are draws of the same trained models, so that no luck of training stands between them."""
    return [run.folds for run in first.runs] == [run.folds for run in second.runs]


def _lacks_seeds(entry: Entry, min_seeds: int) -> bool:
    """Whether one trained model serves several speakers, and too few seeds tell what of that is its luck."""
    return entry.sample.shared and entry.sample.stochastic and len(entry.runs) < min_seeds


def words(first: Entry, second: Entry, found: Comparison) -> str:
    """Return the verdict as one sentence."""
    if found.about_methods or not _same_models(first, second):
        return _words(first, second, found)
    return f"With these trained models, {_words(first, second, replace(found, about_methods=True))}"


def _words(first: Entry, second: Entry, found: Comparison) -> str:
    where = f"on {first.place}{' (simulated)' if first.first.simulated else ''}"
    ahead, behind = (first, second) if found.effect.value >= 0 else (second, first)
    size = f"{_size(found.effect)}, {p_words(found.p)}"
    if identity(first.first) == identity(second.first):
        return _on_one_method(ahead, behind, where, size, found)
    if not found.about_methods and found.p_speakers <= ALPHA:
        return f"These trained models differ {where}: {ahead.title} is ahead of {behind.title} by {size}."
    if found.significant:
        price = price_words(ahead.method.access, behind.method.access)
        return f"{ahead.title} beats {behind.title} {where} by {size}{price}."
    return f"{ahead.title} and {behind.title} cannot be told apart {where}: a difference of {size}."


def _on_one_method(ahead: Entry, behind: Entry, where: str, size: str, found: Comparison) -> str:
    title = ahead.method.title
    if ahead.draw != behind.draw:
        told = "scores higher" if found.p_speakers <= ALPHA else "cannot be said to score otherwise"
        return (
            f"{title} {where}, enrolled by {ahead.draw}, {told} than enrolled by {behind.draw}: a difference of {size}."
        )
    seeds = " and ".join(", ".join(str(run.seed) for run in entry.runs) for entry in (ahead, behind))
    return f"Seeds {seeds} of {title} {where} are one method: a difference of {size}, is the luck of seeds."


def _size(effect: Interval) -> str:
    ends = sorted((effect.low, effect.high)) if effect.value >= 0 else sorted((-effect.low, -effect.high))
    return f"{points(abs(effect.value))} points [95% CI {points(ends[0])}, {points(ends[1])}]"


def _notes(first: Entry, second: Entry, found: Comparison, min_seeds: int) -> tuple[str, ...]:
    how = "all permutations counted" if found.exact else "permutations drawn with a fixed seed"
    notes = [
        f"Paired permutation test over {found.n_speakers} speakers, {how}; "
        f"the smallest attainable p is {found.smallest_p:.2g}. Conditional on the training sets."
    ]
    if found.smallest_p > ALPHA:
        notes.append(f"With {found.n_speakers} speakers no difference, however large, can be significant at {ALPHA:g}.")
    if not found.about_methods and _same_models(first, second):
        notes.append(
            "Both use the same trained models, each of which serves several speakers: whether models of other seeds "
            f"would show the same needs {min_seeds} seeds, and {first.title} has {len(first.runs)}."
        )
    elif not found.about_methods and identity(first.first) != identity(second.first):
        lacking = [entry for entry in (first, second) if _lacks_seeds(entry, min_seeds)]
        names = ", ".join(f"{entry.title} has {len(entry.runs)}" for entry in lacking)
        notes.append(
            "One trained model serves several speakers, so that the luck of its seed looks like an effect: "
            f"a verdict on methods needs {min_seeds} seeds of each that has a random start; {names}."
        )
    if found.p_seeds is not None and found.p_both is not None:
        notes.append(
            f"Over speakers {p_words(found.p_speakers)}, over seeds {p_words(found.p_seeds)}, over both together "
            f"{p_words(found.p_both)}; the verdict needs all three."
        )
    notes += [_partial(entry) for entry in (first, second) if not entry.complete]
    if first.first.simulated:
        notes.append("Simulated speech: this tests methods, and says nothing of real recordings.")
    return tuple(notes)


def _partial(entry: Entry) -> str:
    done = len(set(entry.predictions[0].fold.tolist()))
    return (
        f"{entry.title} is not complete ({done} of {len(entry.first.folds)} folds); only what both scored is compared."
    )
