"""Verdicts in words: which method helps, how sure that is, and at what price in target-speaker data."""

from __future__ import annotations

import math

from sabench.stats.comparison import Comparison
from sabench.stats.power import POWER
from sabench.verdicts.entries import Entry, identity
from sabench.verdicts.harm import Harm
from sabench.verdicts.wording import confidence_words, p_words, points, price_words


def sentence(first: Entry, second: Entry, comparison: Comparison) -> str:
    """Return what a comparison says of two methods, with the p value that was corrected for its family."""
    ahead, behind = (first, second) if comparison.effect.value >= 0 else (second, first)
    if identity(first.first) == identity(second.first):
        text = _of_one_method(ahead, behind, comparison)
    elif not comparison.rejected:
        text = _undecided(f"{ahead.title} and {behind.title}", _place(first), comparison)
    elif comparison.about_methods or same_models(first, second):
        price = price_words(ahead.method.access, behind.method.access)
        text = f"{ahead.title} beats {behind.title} {_place(first)} by {_size(comparison)}{price}."
    else:
        order = f"{ahead.title} is ahead of {behind.title}"
        return f"These trained models differ {_place(first)}: {order} by {_size(comparison)}."
    return text if comparison.about_methods or not same_models(first, second) else f"With these trained models, {text}"


def same_models(first: Entry, second: Entry) -> bool:
    """Return whether two entries are draws of the same trained models, which no variance of training separates."""
    return [run.folds for run in first.runs] == [run.folds for run in second.runs]


def lacks_seeds(entry: Entry, min_seeds: int) -> bool:
    """Return whether one trained model serves several speakers, and too few seeds show how much its seed moves."""
    return entry.sample.seed_counts and len(entry.runs) < min_seeds


def harm_sentence(title: str, harm: Harm) -> str:
    """Return whom a method harms.

    >>> harm_sentence("svm-norm", Harm(3, 24, 0.0833, "Actor_12"))
    'svm-norm scores lower for 3 of 24 speakers, for Actor_12 by 8.3 points.'
    >>> harm_sentence("svm-norm", Harm(0, 24, 0.0, ""))
    'svm-norm scores lower for none of 24 speakers.'
    """
    if not harm.n_worse:
        return f"{title} scores lower for none of {harm.n_speakers} speakers."
    who = f"for {harm.speaker} by {points(harm.largest_loss)} points"
    return f"{title} scores lower for {harm.n_worse} of {harm.n_speakers} speakers, {who}."


def notes(first: Entry, second: Entry, comparison: Comparison, min_seeds: int) -> tuple[str, ...]:
    """Return how a comparison was made and what weakens it, a sentence or two each."""
    said = [_test(comparison), _seeds(first, second, comparison, min_seeds), _three_tests(comparison)]
    said += [_partial(entry) for entry in (first, second) if not entry.complete]
    if first.first.simulated:
        said.append("Simulated speech: this tests methods, and says nothing of real recordings.")
    said += [_contaminated(entry) for entry in (first, second) if entry.first.contaminated]
    return tuple(note for note in said if note)


def _contaminated(entry: Entry) -> str:
    run = entry.first
    return (
        f"{entry.title} is contaminated: the weights of {run.method.features.name} have seen {run.dataset}, so that it "
        "says nothing of new speakers, and is never ranked with the rest."
    )


def _place(entry: Entry) -> str:
    return f"on {entry.place}{entry.first.mark}"


def _of_one_method(ahead: Entry, behind: Entry, comparison: Comparison) -> str:
    method = f"{ahead.method.title} {_place(ahead)}"
    if ahead.draw == behind.draw:
        seeds = " and ".join(", ".join(str(run.seed) for run in entry.runs) for entry in (ahead, behind))
        return (
            f"Seeds {seeds} of {method} differ by {_size(comparison)}; they are one method: this is chance in training."
        )
    if comparison.rejected:
        return (
            f"{method} scores higher enrolled by {ahead.draw} than enrolled by {behind.draw}, by {_size(comparison)}."
        )
    return _undecided(f"Enrolment by {ahead.draw} and by {behind.draw}", f"for {method}", comparison)


def _undecided(both: str, where: str, comparison: Comparison) -> str:
    return f"{both} cannot be told apart {where}: a difference of {_size(comparison)}.{_could_find(comparison)}"


def _could_find(comparison: Comparison) -> str:
    if not comparison.decidable:
        family = f" and {comparison.family} comparisons" if comparison.family > 1 else ""
        return f" With {comparison.n_speakers} speakers{family} no difference, however large, can be significant."
    if math.isnan(comparison.detectable):
        return ""
    size = points(comparison.detectable)
    return f" A true difference of {size} points is found in {100 * POWER:.0f} of 100 such comparisons."


def _size(comparison: Comparison) -> str:
    effect = comparison.effect
    low, high = sorted((effect.low, effect.high)) if effect.value >= 0 else sorted((-effect.low, -effect.high))
    interval = (
        f" [{confidence_words(comparison.confidence)} {points(low)}, {points(high)}]" if comparison.decidable else ""
    )
    family = f" (Holm, {comparison.family} comparisons)" if comparison.family > 1 else ""
    return f"{points(abs(effect.value))} points{interval}, {p_words(comparison.p_corrected)}{family}"


def _test(comparison: Comparison) -> str:
    how = "all permutations counted" if comparison.exact else "permutations drawn with a fixed seed"
    alone = (
        " p is corrected for no other comparison: choose the pair before you look." if comparison.family == 1 else ""
    )
    return (
        f"Paired permutation test over {comparison.n_speakers} speakers, {how}; the smallest attainable p is "
        f"{comparison.smallest_p:.2g}.{alone} Conditional on the training sets."
    )


def _seeds(first: Entry, second: Entry, comparison: Comparison, min_seeds: int) -> str:
    if comparison.about_methods:
        return ""
    if same_models(first, second):
        return (
            "Both use the same trained models, each of which serves several speakers: whether models of other seeds "
            f"would show the same needs {min_seeds} seeds, and {first.title} has {len(first.runs)}."
        )
    if identity(first.first) == identity(second.first):
        return ""
    lacking = [entry for entry in (first, second) if lacks_seeds(entry, min_seeds)]
    names = ", ".join(f"{entry.title} has {len(entry.runs)}" for entry in lacking)
    return (
        "One trained model serves several speakers, so that the variance between its seeds looks like an effect: "
        f"a verdict on methods needs {min_seeds} seeds of each that has a random start; {names}."
    )


def _three_tests(comparison: Comparison) -> str:
    if comparison.p_seeds is None or comparison.p_both is None:
        return ""
    return (
        f"Over speakers {p_words(comparison.p_speakers)}, over seeds {p_words(comparison.p_seeds)}, over both together "
        f"{p_words(comparison.p_both)}; the verdict needs all three."
    )


def _partial(entry: Entry) -> str:
    done = len(set(entry.predictions[0].fold.tolist()))
    return (
        f"{entry.title} is not complete ({done} of {len(entry.first.folds)} folds); only what both scored is compared."
    )
