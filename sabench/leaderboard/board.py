"""What a leaderboard shows, as records that every format is written from. Scores are fractions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sabench.hashing import finite

GROUPS = ("none", "neutral", "unlabelled", "transductive", "labelled")
"""Access groups, in which methods are ranked, by rising price."""


@dataclass(frozen=True)
class Difference:
    """A method against its baseline.

    Attributes:
        baseline: title of what it is held against.
        effect, low, high: difference of the scores with its interval.
        p: of this comparison alone.
        p_corrected: by Holm over all comparisons with baselines in the table.
        verdict: `better`, `worse`, `none`, or `models` where only these trained models differ.
        sentence: the verdict in words.
    """

    baseline: str
    effect: float
    low: float
    high: float
    p: float
    p_corrected: float
    verdict: str
    sentence: str


@dataclass(frozen=True)
class Row:
    """One method, all its seeds.

    Attributes:
        rank: within its access group; None where it cannot be ranked.
        method: its title.
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
        worst_speaker, worst_uar, gini, gender_gap: see `sabench.stats.metrics.Scores`.
        baseline: whether others are held against it.
        difference: to its baseline.
        seconds: of fits and evaluations of one run, the mean over seeds.
        n_parameters, n_training_speakers: of a fold, the largest and the fewest.
        note: what a reader must know, such as missing folds.
    """

    rank: int | None
    method: str
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
    gender_gap: float | None
    baseline: bool
    difference: Difference | None
    seconds: float
    n_parameters: int | None
    n_training_speakers: int
    note: str = ""


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
class Table:
    """Everything measured under one protocol.

    Attributes:
        title: dataset and task.
        protocol, protocol_hash: how.
        score: `mean of fold UARs` or `pooled UAR`.
        simulated: whether the speech is synthesised; such tables stand apart.
        simulation: how the twin was made, in words.
        classes: in order.
        n_scored, n_speakers, n_folds: of the protocol.
        pool, notes: sentences.
        rows: by access group, then rank, then score.
        draws: other draws and controls, each against the first draw of the same method.
        literature: reported rows.
        smallest_p: that so many speakers can give.
        chance: the score of guessing: one over the number of classes that the scored truth has.
    """

    title: str
    dataset: str
    task: str
    protocol: str
    protocol_hash: str
    score: str
    simulated: bool
    simulation: str
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

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """Rows by access group, by rising price; groups without rows are left out."""
        found = [(group, [row for row in self.rows if row.group == group]) for group in GROUPS]
        return [(group, rows) for group, rows in found if rows]


@dataclass(frozen=True)
class Board:
    """A whole leaderboard.

    Attributes:
        tables: those of real recordings first.
        version: of sabench.
        created: ISO time.
        skipped: what could not be read, a sentence each.
    """

    tables: tuple[Table, ...]
    version: str
    created: str
    skipped: tuple[str, ...] = field(default=())

    def json(self) -> dict[str, Any]:
        """Return it as a JSON value; what is not a number is null."""
        value: dict[str, Any] = finite(self)
        return value
