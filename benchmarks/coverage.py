"""Do the intervals cover, and how often is a difference claimed where there is none?

Speakers are drawn from a simulated population whose true scores are known: each has a talent for being
recognised, and one for each class, on the logit scale. Run it with

    python benchmarks/coverage.py [--repeats 4000]

Coverage of a 95 % interval should lie between 93 and 97 %, false verdicts at or below 5 %.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np

from sabench.interfaces.records import Predictions
from sabench.stats.comparison import compare
from sabench.stats.families import holm
from sabench.stats.intervals import interval
from sabench.stats.sample import sample


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
        size_sd: spread of the log of a speaker's number of utterances.
        seed_sd: spread of what a seed adds for a class, on all speakers alike.
    """

    title: str
    kind: str
    mean_counts: tuple[float, ...]
    level: float = 0.5
    speaker_sd: float = 0.6
    class_sd: float = 0.8
    method_sd: float = 0.5
    size_sd: float = 0.0
    seed_sd: float = 0.0

    def counts(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw utterances of each class for each speaker."""
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
        luck = rng.normal(0, self.seed_sd, (seeds, 1, talent.shape[1]))
        return 1 / (1 + np.exp(-(own + luck)))

    def truth(self, gain: float) -> float:
        """Return the score over a very large number of speakers."""
        rng = np.random.default_rng(1)
        n = 400_000
        counts, recall = self.counts(n, rng), self.recall(self.talent(n, rng), gain, 1, rng)[0]
        if self.kind == "mean":
            present = counts > 0
            return float(((recall * present).sum(axis=1) / present.sum(axis=1)).mean())
        return float(((recall * counts).sum(axis=0) / counts.sum(axis=0)).mean())


WORLDS = (
    World("LOSO, balanced, 4 classes", "mean", (4, 8, 8, 8)),
    World("LOSO, unbalanced, 7 classes, few utterances", "mean", (12, 8, 4, 6, 7, 6, 8), size_sd=0.4),
    World("LOSO, 2 classes near the ceiling", "mean", (20, 20), level=2.5, speaker_sd=1.2),
    World("challenge, 5 classes from 3 to 65 %, unequal speakers", "pooled", (7, 18, 65, 3, 7), size_sd=0.5),
    World("k-fold pooled, 4 classes", "pooled", (10, 6, 15, 10), size_sd=0.3),
)
SHARED_LUCK = replace(WORLDS[3], title="challenge, luck of the seed shared by all speakers", seed_sd=0.3)
MUCH_LUCK = replace(SHARED_LUCK, title="the same, nearly all luck", seed_sd=0.8, method_sd=0.1)


def predictions(counts: np.ndarray, recall: np.ndarray, kind: str, rng: np.random.Generator) -> list[Predictions]:
    """Draw what a method says of each utterance, one set a seed; a miss is the next class."""
    n, c = counts.shape
    speaker = np.repeat(np.arange(n), counts.sum(axis=1))
    truth = np.concatenate([np.repeat(np.arange(c), row) for row in counts])
    fold = speaker.astype(str) if kind == "mean" else np.zeros(len(speaker), dtype=int).astype(str)
    ids = tuple(str(i) for i in range(len(truth)))
    found = []
    for one in recall:
        missed = rng.random(len(truth)) >= one[speaker, truth]
        probabilities = np.eye(c)[(truth + missed) % c]
        found.append(Predictions(ids, speaker.astype(str), truth, probabilities, fold, tuple("abcdefg"[:c])))
    return found


def coverage(world: World, n: int, repeats: int, gain: float = 0.4) -> tuple[float, float]:
    """Return how often the intervals of a score and of a difference hold the truth."""
    rng = np.random.default_rng([n, repeats])
    plain, better = world.truth(0.0), world.truth(gain)
    hits = np.zeros(2)
    for _ in range(repeats):
        counts, talent = world.counts(n, rng), world.talent(n, rng)
        first, second = (
            sample(predictions(counts, world.recall(talent, g, 1, rng), world.kind, rng), world.kind, stochastic=False)
            for g in (0.0, gain)
        )
        score, effect = interval(first), compare(second, first).effect
        hits += score.low <= plain <= score.high, effect.low <= better - plain <= effect.high
    return tuple(hits / repeats)


def false_verdicts(world: World, n: int, seeds: tuple[int, int], repeats: int) -> tuple[float, float]:
    """Return how often equal methods are said to differ, by the test over speakers alone and by the verdict.

    No seeds stand for a method that no seed changes.
    """
    rng = np.random.default_rng([n, repeats, *seeds])
    lucky = [replace(world, seed_sd=world.seed_sd if k else 0.0) for k in seeds]
    hits = np.zeros(2)
    for _ in range(repeats):
        counts, talent = world.counts(n, rng), world.talent(n, rng)
        runs = [
            predictions(counts, w.recall(talent, 0.0, k or 1, rng), w.kind, rng)
            for w, k in zip(lucky, seeds, strict=True)
        ]
        first, second = (sample(run, w.kind, stochastic=w.seed_sd > 0) for run, w in zip(runs, lucky, strict=True))
        found = compare(first, second)
        hits += found.p_speakers <= 0.05, found.significant
    return tuple(hits / repeats)


def family_errors(world: World, n: int, n_methods: int, repeats: int) -> float:
    """Return how often any of several methods, all like the baseline, is said to differ from it."""
    rng = np.random.default_rng([n, n_methods, repeats])
    wrong = 0
    for _ in range(repeats):
        counts, talent = world.counts(n, rng), world.talent(n, rng)
        base, *others = (
            sample(
                predictions(counts, world.recall(talent, 0.0, 1, rng), world.kind, rng), world.kind, stochastic=False
            )
            for _ in range(n_methods + 1)
        )
        wrong += bool((holm([compare(other, base).p for other in others]) <= 0.05).any())
    return wrong / repeats


def main() -> None:
    """Print coverage and false verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4000)
    repeats = parser.parse_args().repeats
    start = time.perf_counter()
    error = 100 * (0.05 * 0.95 / repeats) ** 0.5
    print(f"Coverage of 95 % intervals, {repeats} repeats (standard error {error:.2f} points)")
    print(f"{'':56}{'speakers':>9}{'score':>8}{'effect':>8}")
    for world in WORLDS:
        for n in (10, 25):
            score, effect = coverage(world, n, repeats)
            print(f"{world.title:56}{n:9}{100 * score:8.1f}{100 * effect:8.1f}", flush=True)
    print("\nFalse verdicts at 5 %, methods that are alike")
    print(f"{'':56}{'speakers':>9}{'seeds':>8}{'speakers only':>15}{'verdict':>9}")
    cases = [(WORLDS[0], (0, 0)), (WORLDS[3], (0, 0)), (SHARED_LUCK, (1, 1)), (SHARED_LUCK, (0, 5))]
    cases += [(SHARED_LUCK, (5, 5)), (SHARED_LUCK, (10, 10)), (MUCH_LUCK, (5, 5))]
    for world, seeds in cases:
        for n in (10, 25):
            alone, verdict = false_verdicts(world, n, seeds, repeats)
            count = " + ".join(str(k or "-") for k in seeds)
            print(f"{world.title:56}{n:9}{count:>8}{100 * alone:15.1f}{100 * verdict:9.1f}", flush=True)
    print("\nAny false verdict in a family of 5 methods against the baseline, Holm")
    for n in (10, 25):
        print(f"{WORLDS[0].title:56}{n:9}{100 * family_errors(WORLDS[0], n, 5, repeats // 2):8.1f}", flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
