"""What a leaderboard shows, as records that every format is written from. Scores are fractions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sabench.hashing import finite

GROUPS = ("none", "neutral", "unlabelled", "transductive", "labelled")
"""Kinds of access, by rising price."""

MARKS = {"better": "▲", "worse": "▼", "none": "○", "models": "◇"}
"""The sign of each verdict on a difference."""


@dataclass(frozen=True)
class Difference:
    """A method against its baseline; mark, interval, sentence and p all come from the corrected p.

    Attributes:
        baseline: title of what it is held against.
        effect, low, high: difference of the scores with its interval; infinite ends where so few speakers can decide
            nothing.
        confidence: of the interval, the level at which Holm's method tests this comparison.
        p: of this comparison alone.
        p_corrected: by Holm over the `family` of all comparisons with baselines in the table.
        family: number of these comparisons.
        standard_error: of the difference.
        detectable: true difference that such a comparison finds with a probability of 0.8.
        n_worse, n_speakers: for so many of so many speakers the method scores lower.
        largest_loss, worse_speaker: UAR that one of them loses at most, and who.
        about_methods: false where only these trained models are compared.
        verdict: `better`, `worse`, `none`, or `models` where only these trained models differ.
        sentence: the verdict in words.
        harm: whom the better of the two harms, in words.
    """

    baseline: str
    effect: float
    low: float
    high: float
    confidence: float
    p: float
    p_corrected: float
    family: int
    standard_error: float
    detectable: float
    n_worse: int
    n_speakers: int
    largest_loss: float
    worse_speaker: str
    about_methods: bool
    verdict: str
    sentence: str
    harm: str


@dataclass(frozen=True)
class Row:
    """One method, all its seeds.

    Attributes:
        rank: best and worst rank that the decisions leave open among methods of one price; None where there are
            too few seeds or folds to rank it.
        method: its title.
        method_hash: the same for the same method, whatever it ran on.
        features, normaliser: names; the normaliser may be empty.
        parameters: of adapter and normaliser.
        access: its price in words, and `group` the class of price.
        draw: which enrolment.
        seeds, runs: of all its runs.
        uar, low, high: the primary score with its interval.
        uar_mean, uar_pooled: mean of fold UARs, and UAR of all predictions together.
        per_seed: primary score of each seed.
        recall: of each class.
        confusion: parts of each true class, a row a class.
        speakers: UAR of each speaker.
        worst_speaker, worst_uar, gini, iswf, gender_gap: see `sabench.stats.metrics.Scores`.
        complete: whether no fold is missing.
        baseline: whether others are held against it.
        difference: to its baseline.
        seconds: of fits and evaluations of one run, the mean over seeds.
        n_parameters, n_training_speakers: of a fold, the largest and the fewest.
        note: what a reader must know, such as missing folds.
        variant: the settings in the title, as in `features=dvector, svm.C=0.1`.
    """

    rank: tuple[int, int] | None
    method: str
    method_hash: str
    features: str
    normaliser: str
    parameters: Mapping[str, Any]
    access: str
    group: str
    draw: str
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    uar: float
    low: float
    high: float
    uar_mean: float
    uar_pooled: float
    per_seed: tuple[float, ...]
    recall: Mapping[str, float]
    confusion: tuple[tuple[float, ...], ...]
    speakers: Mapping[str, float]
    worst_speaker: str
    worst_uar: float
    gini: float
    iswf: float
    gender_gap: float | None
    complete: bool
    baseline: bool
    difference: Difference | None
    seconds: float
    n_parameters: int | None
    n_training_speakers: int
    note: str = ""
    variant: str = ""


Natural = tuple[tuple[str | float, ...], str]
"""What `natural` returns; only to be compared with its kind."""


def natural(text: str) -> Natural:
    """Return what names with numbers in them are sorted by, so that a smaller number comes first.

    >>> sorted(["loso+train-16", "loso", "loso+train-8"], key=natural)
    ['loso', 'loso+train-8', 'loso+train-16']
    >>> sorted(["svm (C=0.5)", "svm (C=0.25)"], key=natural)
    ['svm (C=0.25)', 'svm (C=0.5)']
    """
    parts = re.split(r"([0-9]+(?:\.[0-9]+)?)", text)  # words and numbers in turn, words first
    return tuple(float(part) if i % 2 else part for i, part in enumerate(parts)), text


def price_order(group: str, access: str) -> tuple[int, Natural]:
    """Return what prices are sorted by: kind of access, then numbers of utterances and words.

    >>> sorted(["10 neutral", "2 neutral"], key=lambda access: price_order("neutral", access))
    ['2 neutral', '10 neutral']
    """
    return GROUPS.index(group), natural(access)


@dataclass(frozen=True)
class Price:
    """Methods that ask for the same of a target speaker; only they are ranked with each other.

    Attributes:
        group: kind of access.
        access: the price in words.
        rows: the methods.
    """

    group: str
    access: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class LiteratureRow:
    """A result as its source reports it: never ranked.

    Attributes:
        measured: what this table has of the same method, where it has it.
    """

    method: str
    uar: float
    source: str
    url: str
    differences: str
    measured: str = ""


@dataclass(frozen=True)
class RankedTable:
    """Everything measured under one protocol.

    Attributes:
        title: dataset and task.
        protocol, protocol_hash: how.
        score: `mean of fold UARs` or `pooled UAR`.
        simulated: whether the speech is synthesised; such tables stand apart.
        simulation: how the twin was made, in words.
        speaker_effect: how much speakers of the twin differ; None for real recordings.
        classes: in order.
        n_scored, n_speakers, n_folds: of the protocol.
        pool, notes: sentences.
        rows: by price, then rank, then score.
        draws: other draws and controls, each against the first draw of the same method.
        contaminated: methods whose features have seen the corpus, held against such baselines alone.
        literature: reported rows.
        smallest_p: that so many speakers can give.
        chance: the score of guessing: one over the number of classes that the scored truth has.
        shared: settings that all measured rows have in their titles.
    """

    title: str
    dataset: str
    task: str
    protocol: str
    protocol_hash: str
    score: str
    simulated: bool
    simulation: str
    speaker_effect: float | None
    classes: tuple[str, ...]
    n_scored: int
    n_speakers: int
    n_folds: int
    pool: str
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    draws: tuple[Row, ...]
    literature: tuple[LiteratureRow, ...]
    smallest_p: float
    chance: float
    contaminated: tuple[Row, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def measured(self) -> tuple[Row, ...]:
        """All rows that were measured: ranked ones, other draws and contaminated ones."""
        return (*self.rows, *self.draws, *self.contaminated)

    @property
    def mark(self) -> str:
        """What stands behind the title of a twin: that it is one, and how much its speakers differ."""
        if not self.simulated:
            return ""
        return (
            " (simulated)" if self.speaker_effect is None else f" (simulated, speaker effect {self.speaker_effect:g})"
        )

    @property
    def prices(self) -> list[Price]:
        """Rows by price, by rising price."""
        by_price: dict[tuple[str, str], list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: price_order(row.group, row.access)):
            by_price.setdefault((row.group, row.access), []).append(row)
        return [Price(group, access, tuple(rows)) for (group, access), rows in by_price.items()]


@dataclass(frozen=True)
class CorpusEffect:
    """What a method gains over its baseline on one corpus, the mean over the tables of that corpus."""

    dataset: str
    effect: float
    standard_error: float


@dataclass(frozen=True)
class AcrossRow:
    """One method over several corpora.

    Attributes:
        method, access, group: as in its tables.
        baseline: what it is held against; empty for a method that is held against none on two corpora.
        corpora: its gain on each corpus.
        effect, low, high, confidence: mean gain over corpora (random effects) with its interval.
        p, p_corrected, family: of no gain; corrected by Holm over all methods of this table.
        between: standard deviation of the gain between corpora.
        detectable: true mean gain that so many corpora find with a probability of 0.8.
        verdict: `better`, `worse` or `none`; empty where there is no mean gain.
        sentence: in words.
        mean_rank: over all corpora; None for a method that is missing on some.
        variant: the settings in the title.
    """

    method: str
    access: str
    group: str
    baseline: str
    corpora: tuple[CorpusEffect, ...]
    effect: float
    low: float
    high: float
    confidence: float
    p: float
    p_corrected: float
    family: int
    between: float
    detectable: float
    verdict: str
    sentence: str
    mean_rank: float | None
    variant: str = ""


@dataclass(frozen=True)
class Ranking:
    """Mean ranks of the methods that ran on all corpora.

    Attributes:
        methods: by rising mean rank, and `groups`, their kinds of access.
        ranks: mean ranks, 1 the best.
        critical_difference: methods differ whose mean ranks are at least so far apart.
        p: of Friedman's test that all are alike; NaN for two methods.
        alike: groups of methods, by their positions, that do not differ.
    """

    methods: tuple[str, ...]
    groups: tuple[str, ...]
    ranks: tuple[float, ...]
    critical_difference: float
    p: float
    alike: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Across:
    """All methods over several corpora, of real recordings or of twins.

    Attributes:
        simulated: whether the corpora are twins.
        datasets: their names.
        rows: by price, then mean gain.
        ranking: mean ranks; None where fewer than two methods ran on all corpora.
        shared: settings that all methods have in their titles, and all that they are held against.
    """

    simulated: bool
    datasets: tuple[str, ...]
    rows: tuple[AcrossRow, ...]
    ranking: Ranking | None
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Board:
    """A whole leaderboard.

    Attributes:
        across: methods over several corpora, where there are several; those of real recordings first.
        tables: likewise.
        version: of sabench.
        created: ISO time.
        skipped: runs that others stand for, a sentence each.
        damaged: why runs cannot be read and what to do, by their names.
    """

    across: tuple[Across, ...]
    tables: tuple[RankedTable, ...]
    version: str
    created: str
    skipped: tuple[str, ...] = field(default=())
    damaged: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value; what is not a number is null."""
        value: dict[str, Any] = finite(self)
        return value
