"""Do the intervals cover, how often is a difference claimed where there is none, and do the two agree?

Speakers are drawn from a simulated population whose true scores are known: each has a talent for being
recognised, and one for each class, on the logit scale. Run it with

    python benchmarks/coverage.py [--repeats 4000] [--part differences]

Coverage of a 95 % interval should lie between 93 and 97 %, false verdicts at or below 5 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sabench.interfaces.records import Predictions
from sabench.stats.comparison import Comparison, compare, compare_family
from sabench.stats.intervals import interval
from sabench.stats.permutation import sign_flip
from sabench.stats.power import detectable
from sabench.stats.sample import Sample, sample

SPEAKERS = (10, 24, 65)


@dataclass(frozen=True)
class World:
    """A population of speakers, and how they are scored.

    Attributes:
        title: what it resembles.
        kind: the primary score, `mean` of fold UARs or `pooled`.
        mean_counts: expected utterances of each class a speaker.
        level: logit of the typical recall.
        speaker_sd, class_sd: spread of talents over speakers, and over classes within a speaker.
        method_sd: spread of what a method adds for a speaker and class.
        size_sd: spread of the log of a speaker's number of utterances; None where all have the same.
        seed_sd: spread of what a seed adds for a class, on all speakers alike.
    """

    title: str
    kind: str
    mean_counts: tuple[int, ...]
    level: float = 0.5
    speaker_sd: float = 0.6
    class_sd: float = 0.8
    method_sd: float = 0.5
    size_sd: float | None = 0.0
    seed_sd: float = 0.0

    def counts(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw utterances of each class for each speaker."""
        if self.size_sd is None:
            return np.tile(self.mean_counts, (n, 1))
        size = np.exp(rng.normal(-(self.size_sd**2) / 2, self.size_sd, (n, 1)))
        drawn = rng.poisson(size * np.array(self.mean_counts))
        drawn[drawn.sum(axis=1) == 0, 0] = 1
        return drawn

    def talent(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the logits of recall, shape `(n, n_classes)`, that the methods share."""
        c = len(self.mean_counts)
        return self.level + rng.normal(0, self.speaker_sd, (n, 1)) + rng.normal(0, self.class_sd, (n, c))

    def recall(self, talent: np.ndarray, gain: float, seeds: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the recalls under one method, shape `(seeds, n, n_classes)`."""
        own = talent + gain + rng.normal(0, self.method_sd, talent.shape)
        by_seed = rng.normal(0, self.seed_sd, (seeds, 1, talent.shape[1]))
        return 1 / (1 + np.exp(-(own + by_seed)))

    def truth(self, gain: float) -> float:
        """Return the score over a very large number of speakers."""
        rng = np.random.default_rng(1)
        n = 400_000
        counts, recall = self.counts(n, rng), self.recall(self.talent(n, rng), gain, 1, rng)[0]
        if self.kind == "mean":
            present = counts > 0
            return float(((recall * present).sum(axis=1) / present.sum(axis=1)).mean())
        return float(((recall * counts).sum(axis=0) / counts.sum(axis=0)).mean())


SCORES = (
    World("LOSO, balanced, 4 classes", "mean", (4, 8, 8, 8)),
    World("LOSO, unbalanced, 7 classes, few utterances", "mean", (12, 8, 4, 6, 7, 6, 8), size_sd=0.4),
    World("LOSO, 2 classes near the ceiling", "mean", (20, 20), level=2.5, speaker_sd=1.2),
    World("challenge, 5 classes from 3 to 65 %, unequal speakers", "pooled", (7, 18, 65, 3, 7), size_sd=0.5),
    World("k-fold pooled, 4 classes", "pooled", (10, 6, 15, 10), size_sd=0.3),
)
DIFFERENCES = (
    World("mean, equal speakers", "mean", (8, 8, 8, 8), size_sd=None),
    World("mean, unequal speakers", "mean", (8, 8, 8, 8), size_sd=0.8),
    World("pooled, equal speakers", "pooled", (7, 18, 30, 3, 7), size_sd=None),
    World("pooled, unequal speakers", "pooled", (7, 18, 30, 3, 7), size_sd=0.8),
)
WITH_SEEDS = replace(SCORES[3], title="challenge, variance between seeds beside differences of speakers", seed_sd=0.3)
NEARLY_ALL_SEEDS = replace(WITH_SEEDS, title="challenge, nearly all variance between seeds", seed_sd=0.8, method_sd=0.1)


class Agreement:
    """Counts comparisons whose interval and test contradict each other."""

    def __init__(self) -> None:
        self.compared = self.contradictions = 0

    def check(self, comparison: Comparison) -> Comparison:
        """Count a comparison, and return it."""
        self.compared += 1
        self.contradictions += comparison.rejected == (comparison.effect.low <= 0 <= comparison.effect.high)
        return comparison


def predictions(counts: np.ndarray, recall: np.ndarray, kind: str, rng: np.random.Generator) -> list[Predictions]:
    """Draw what a method says of each utterance, one set a seed; a miss is the next class."""
    n, c = counts.shape
    speaker = np.repeat(np.arange(n), counts.sum(axis=1))
    truth = np.concatenate([np.repeat(np.arange(c), row) for row in counts])
    fold = speaker.astype(str) if kind == "mean" else np.zeros(len(speaker), dtype=int).astype(str)
    ids = tuple(str(i) for i in range(len(truth)))
    drawn = []
    for one in recall:
        missed = rng.random(len(truth)) >= one[speaker, truth]
        probabilities = np.eye(c)[(truth + missed) % c]
        drawn.append(Predictions(ids, speaker.astype(str), truth, probabilities, fold, tuple("abcdefg"[:c])))
    return drawn


def draw(world: World, n: int, gains: Sequence[float], rng: np.random.Generator) -> list[Sample]:
    """Draw methods without chance over the same speakers and utterances, one a gain."""
    counts, talent = world.counts(n, rng), world.talent(n, rng)
    runs = [predictions(counts, world.recall(talent, gain, 1, rng), world.kind, rng) for gain in gains]
    return [sample(run, pooled=world.kind == "pooled", stochastic=False) for run in runs]


def coverage_of_scores(world: World, n: int, repeats: int) -> float:
    """Return how often the interval of a score holds the truth."""
    rng = np.random.default_rng([n, repeats])
    truth = world.truth(0.0)
    intervals = [interval(draw(world, n, [0.0], rng)[0]) for _ in range(repeats)]
    return sum(one.low <= truth <= one.high for one in intervals) / repeats


def level_of_differences(world: World, n: int, repeats: int, agreement: Agreement) -> tuple[float, float]:
    """Return how often equal methods are said to differ, and how often the interval of a true gain misses it."""
    rng = np.random.default_rng([n, repeats])
    gain = world.truth(0.4) - world.truth(0.0)
    claimed = missed = 0
    for _ in range(repeats):
        first, other, better = draw(world, n, [0.0, 0.0, 0.4], rng)
        claimed += agreement.check(compare(other, first)).rejected
        effect = agreement.check(compare(better, first)).effect
        missed += not effect.low <= gain <= effect.high
    return claimed / repeats, missed / repeats


def level_of_lopsided(n: int, loss_for: float, repeats: int) -> float:
    """Return how often a mean gain of zero is claimed to be one, where few speakers lose what the others gain.

    Args:
        n: number of speakers.
        loss_for: part of the population that loses.
        repeats: of the simulation.
    """
    rng = np.random.default_rng([n, repeats])
    loses = rng.random((repeats, n)) < loss_for
    gain = np.where(loses, -0.02 * (1 - loss_for) / loss_for, 0.02) + rng.normal(0, 0.005, (repeats, n))
    return float(np.mean([sign_flip(row[None])[0] <= 0.05 for row in gain]))


def power_at_detectable(n: int, repeats: int) -> tuple[float, float]:
    """Return how often a true difference of the detectable size is found, and the mean of its estimates over it."""
    rng = np.random.default_rng([n, repeats])
    spread = 0.1
    size = detectable(spread**2 / n, n - 1, 0.05)
    drawn = rng.normal(size, spread, (repeats, n))
    power = float(np.mean([sign_flip(row[None])[0] <= 0.05 for row in drawn]))
    estimates = [detectable(row.var(ddof=1) / n, n - 1, 0.05) for row in drawn]
    return power, float(np.mean(estimates)) / size


def false_verdicts(
    world: World, n: int, seeds: tuple[int, int], repeats: int, agreement: Agreement
) -> tuple[float, float]:
    """Return how often equal methods are said to differ, by the test over speakers alone and by the verdict.

    No seeds stand for a method that no seed changes.
    """
    rng = np.random.default_rng([n, repeats, *seeds])
    worlds = [replace(world, seed_sd=world.seed_sd if k else 0.0) for k in seeds]
    hits = np.zeros(2)
    for _ in range(repeats):
        counts, talent = world.counts(n, rng), world.talent(n, rng)
        runs = [
            predictions(counts, w.recall(talent, 0.0, k or 1, rng), w.kind, rng)
            for w, k in zip(worlds, seeds, strict=True)
        ]
        pooled = world.kind == "pooled"
        first, second = (
            sample(run, pooled=pooled, stochastic=w.seed_sd > 0) for run, w in zip(runs, worlds, strict=True)
        )
        comparison = agreement.check(compare(first, second))
        hits += comparison.p_speakers <= 0.05, comparison.significant
    return float(hits[0] / repeats), float(hits[1] / repeats)


def family_errors(world: World, n: int, n_methods: int, repeats: int, agreement: Agreement) -> float:
    """Return how often any of several methods, all like the baseline, is said to differ from it."""
    rng = np.random.default_rng([n, n_methods, repeats])
    wrong = 0
    for _ in range(repeats):
        base, *others = draw(world, n, [0.0] * (n_methods + 1), rng)
        comparisons = [agreement.check(one) for one in compare_family([(other, base) for other in others])]
        wrong += any(one.rejected for one in comparisons)
    return wrong / repeats


def percent(*parts: float) -> str:
    """Return parts as percentages in columns."""
    return "".join(f"{100 * part:9.1f}" for part in parts)


def print_scores(repeats: int, agreement: Agreement) -> None:
    """Print the coverage of intervals of scores."""
    print(f"Coverage of the 95 % interval of a score{'':16}{''.join(f'{n:>6} sp.' for n in SPEAKERS)}")
    for world in SCORES:
        shares = [coverage_of_scores(world, n, repeats) for n in SPEAKERS]
        print(f"{world.title:55}{percent(*shares)}", flush=True)


def print_differences(repeats: int, agreement: Agreement) -> None:
    """Print level and coverage of differences."""
    heads = "".join(f"{'test':>6}{n:>3}{'interval':>9}{n:>3}" for n in SPEAKERS)
    print(f"Difference claimed between equal methods, true gain outside of its interval, of 100\n{'':55}{heads}")
    for world in DIFFERENCES:
        for spread, words in ((0.5, "unlike gains"), (0.0, "the same gain for all")):
            one = replace(world, method_sd=spread)
            shares = [part for n in SPEAKERS for part in level_of_differences(one, n, repeats, agreement)]
            print(f"{f'{world.title}, {words}':55}{percent(*shares)}", flush=True)
    print("\nMean gain of zero, few speakers lose what the others gain: difference claimed")
    for loss_for in (0.1, 0.2, 0.3):
        shares = [level_of_lopsided(n, loss_for, repeats) for n in SPEAKERS]
        print(f"{f'{100 * loss_for:.0f} % of the speakers lose':55}{percent(*shares)}", flush=True)


def print_power(repeats: int, agreement: Agreement) -> None:
    """Print how often a true difference of the detectable size is found."""
    print("True difference of the detectable size: found (nominal 80), and mean estimate of the size in % of it")
    for n in SPEAKERS:
        print(f"{n:3} speakers{percent(*power_at_detectable(n, repeats))}", flush=True)


def print_seeds(repeats: int, agreement: Agreement) -> None:
    """Print false verdicts where one model serves several speakers."""
    print(f"False verdicts, methods that are alike{'':32}{'speakers':>9}{'seeds':>8}{'sp. only':>9}{'verdict':>9}")
    cases = [(SCORES[0], (0, 0)), (SCORES[3], (0, 0)), (WITH_SEEDS, (1, 1)), (WITH_SEEDS, (0, 5))]
    cases += [(WITH_SEEDS, (5, 5)), (WITH_SEEDS, (10, 10)), (NEARLY_ALL_SEEDS, (5, 5))]
    for world, seeds in cases:
        for n in (10, 25):
            shares = false_verdicts(world, n, seeds, repeats, agreement)
            print(f"{world.title:70}{n:9}{' + '.join(str(k or '-') for k in seeds):>8}{percent(*shares)}", flush=True)


def print_families(repeats: int, agreement: Agreement) -> None:
    """Print false verdicts in families."""
    print("Any false verdict in a family of 5 methods against the baseline, Holm")
    for n in (10, 24):
        share = family_errors(SCORES[0], n, 5, repeats // 2, agreement)
        print(f"{SCORES[0].title:55}{n:9}{percent(share)}", flush=True)


PARTS: dict[str, Callable[[int, Agreement], None]] = {
    "scores": print_scores,
    "differences": print_differences,
    "power": print_power,
    "seeds": print_seeds,
    "families": print_families,
}


def main() -> None:
    """Print coverage and false verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--part", choices=PARTS, action="append")
    arguments = parser.parse_args()
    repeats, agreement = arguments.repeats, Agreement()
    start = time.perf_counter()
    print(
        f"{repeats} repeats, standard error {100 * (0.05 * 0.95 / repeats) ** 0.5:.2f} points where 5 of 100 are meant"
    )
    for name in arguments.part or PARTS:
        print()
        PARTS[name](repeats, agreement)
    print(f"\n{agreement.compared} comparisons; in {agreement.contradictions} interval and test contradict each other")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
