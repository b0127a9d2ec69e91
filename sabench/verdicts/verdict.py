"""What can be said of two methods, with all that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sabench.errors import ResultsError
from sabench.hashing import finite
from sabench.stats import comparison, intervals, sample
from sabench.stats.comparison import MIN_SEEDS, Comparison
from sabench.stats.intervals import Interval
from sabench.stats.sample import Sample
from sabench.verdicts.entries import Entry, sample_of
from sabench.verdicts.harm import Harm, gains_by_speaker, harm
from sabench.verdicts.sentences import harm_sentence, lacks_seeds, notes, same_models, sentence


@dataclass(frozen=True)
class Verdict:
    """What can be said of two methods.

    Attributes:
        first, second: what was compared.
        scores: of each, over the utterances that both scored.
        comparison: effect, interval and p.
        gains: how much higher the first scores than the second for each speaker.
        sentence: all of it in words.
        notes: how it was made and what weakens it, a sentence each.
    """

    first: Entry
    second: Entry
    scores: tuple[Interval, Interval]
    comparison: Comparison
    gains: Mapping[str, float]
    sentence: str
    notes: tuple[str, ...]

    @property
    def ahead(self) -> Entry:
        """The one that scores higher."""
        return self.first if self.comparison.effect.value >= 0 else self.second

    @property
    def harm(self) -> Harm:
        """Whom the one that scores higher harms."""
        sign = 1 if self.ahead is self.first else -1
        return harm({speaker: sign * gain for speaker, gain in self.gains.items()})

    @property
    def harm_sentence(self) -> str:
        """The same in words."""
        return harm_sentence(self.ahead.title, self.harm)

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value; scores and effects are fractions, null where there is none."""
        of = self.comparison
        value: dict[str, Any] = {
            "verdict": self.sentence,
            "harm": {"method": self.ahead.title, "sentence": self.harm_sentence, **asdict(self.harm)},
            "notes": list(self.notes),
            "significant": of.significant,
            "about_methods": of.about_methods,
            "effect": of.effect.value,
            "low": of.effect.low,
            "high": of.effect.high,
            "confidence": of.confidence,
            "p": of.p,
            "p_corrected": of.p_corrected,
            "family": of.family,
            "p_speakers": of.p_speakers,
            "p_seeds": of.p_seeds,
            "p_both": of.p_both,
            "standard_error": of.standard_error,
            "detectable": of.detectable,
            "smallest_p": of.smallest_p,
            "exact": of.exact,
            "n_speakers": of.n_speakers,
            "first": _side(self.first, self.scores[0]),
            "second": _side(self.second, self.scores[1]),
        }
        return {key: finite(part) for key, part in value.items()}


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
        "contaminated": run.contaminated,
        "seeds": [one.seed for one in entry.runs],
        "runs": [one.run_id for one in entry.runs],
        "uar": score.value,
        "low": score.low,
        "high": score.high,
    }


def compare(first: Entry, second: Entry, *, min_seeds: int = MIN_SEEDS) -> Verdict:
    """Return the verdict on two entries, corrected for no other comparison.

    Raises:
        ResultsError: they ran under different protocols, or scored nothing in common.
    """
    return compare_family([(first, second)], min_seeds=min_seeds)[0]


def compare_family(pairs: Sequence[tuple[Entry, Entry]], *, min_seeds: int = MIN_SEEDS) -> list[Verdict]:
    """Return the verdicts on pairs of entries, corrected for each other by Holm's method.

    Raises:
        ResultsError: two of a pair ran under different protocols, or scored nothing in common.
    """
    common = [_Common.of(first, second) for first, second in pairs]
    compared = comparison.compare_family([pair.samples for pair in common], min_seeds=min_seeds)
    return [pair.verdict(one, min_seeds) for pair, one in zip(common, compared, strict=True)]


@dataclass(frozen=True)
class _Common:
    """Two entries over the utterances that both scored."""

    first: Entry
    second: Entry
    samples: tuple[Sample, Sample]
    gains: dict[str, float]

    @classmethod
    def of(cls, first: Entry, second: Entry) -> _Common:
        refuse_unlike(first, second)
        both = sample.common([*first.predictions, *second.predictions])
        ours, theirs = both[: len(first.runs)], both[len(first.runs) :]
        one, other = sample_of(first, ours), sample_of(second, theirs)
        if same_models(first, second):
            one, other = replace(one, stochastic=False), replace(other, stochastic=False)
        return cls(first, second, (one, other), gains_by_speaker(ours, theirs))

    def verdict(self, compared: Comparison, min_seeds: int) -> Verdict:
        first, second = self.first, self.second
        if same_models(first, second) and lacks_seeds(first, min_seeds):
            compared = replace(compared, about_methods=False)
        one, other = self.samples
        return Verdict(
            first,
            second,
            scores=(intervals.interval(one), intervals.interval(other)),
            comparison=compared,
            gains=self.gains,
            sentence=sentence(first, second, compared),
            notes=notes(first, second, compared, min_seeds),
        )


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
    unlike = [
        f"{key} ({one.get(key)} and {other.get(key)})"
        for key in ("dataset", "task", "protocol")
        if one.get(key) != other.get(key)
    ]
    if bool(one.get("simulated")) != bool(other.get("simulated")):
        unlike.append("simulated and real recordings")
    if one.get("pool") != other.get("pool"):
        unlike.append("the pool rule")
    return " and ".join(unlike) or "the recordings or the scored utterances"
