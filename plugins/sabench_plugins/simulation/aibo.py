"""A simulated twin of FAU-AIBO (Interspeech 2009 Emotion Challenge): layout, speakers, partition, class counts.

Class counts per school are those of the challenge, for both label files. What no source settles is [guess]:
how many utterances each speaker has, which speakers lack which class, and how the two-class and five-class labels
of an utterance go together (here all of A and E is NEG, and the rest of NEG comes from R).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np

from sabench import Progress
from sabench_plugins.simulation import emotion
from sabench_plugins.simulation.counts import Allocation, neutral_minimum, scaled, share, table
from sabench_plugins.simulation.speaker import Population, stream
from sabench_plugins.simulation.studio import Session, record
from sabench_plugins.simulation.texts import COMMANDS_DE
from sabench_plugins.simulation.twin import Cast, Line, TwinRecipe, folder, in_random_order

CLASSES = ("A", "E", "N", "P", "R")
VALIDATION = ("Ohm_31", "Ohm_32")
CHUNKS_PER_TURN = 2
SIZE_SPREAD = 0.35
"""Standard deviation of the logarithm of utterances per speaker [guess]."""
CLASS_SPREAD = 0.7
"""Standard deviation of the logarithm of how often a speaker shows a class [guess]: children differ."""


@dataclass(frozen=True)
class School:
    """One school of the corpus.

    Attributes:
        speakers: their names.
        counts: utterances of A, E, N, P, R.
        negative: utterances that are NEG in the two-class task.
        lacking: classes that a speaker does not have.
        n_girls: how many speakers are girls.
    """

    speakers: tuple[str, ...]
    counts: tuple[int, ...]
    negative: int
    lacking: dict[str, str]
    n_girls: int

    def gender(self, speaker: str) -> str:
        """Return `F` or `M`; girls are spread evenly over the names, since which they are is not known [guess]."""
        i, n = self.speakers.index(speaker), len(self.speakers)
        return "F" if (i + 1) * self.n_girls // n > i * self.n_girls // n else "M"


_OHM = (*range(1, 9), 10, 11, 13, 14, 16, *range(18, 26), 27, 28, 29, 31, 32)
SCHOOLS = (
    School(tuple(f"Ohm_{i:02d}" for i in _OHM), (881, 2093, 5590, 674, 721), 3358, {"Ohm_13": "P", "Ohm_24": "P"}, 13),
    School(
        tuple(f"Mont_{i:02d}" for i in range(1, 26)),
        (611, 1508, 5377, 215, 546),
        2465,
        {
            "Mont_03": "AEPR",
            "Mont_05": "P",
            "Mont_08": "P",
            "Mont_11": "P",
            "Mont_14": "P",
            "Mont_17": "A",
            "Mont_20": "P",
            "Mont_23": "R",
        },
        17,
    ),
)
"""Mont_03 has one class, nine others lack one; which ones is [guess]."""

CAST = Cast(
    Population(
        voice="de+steph",
        voice_hz=187.0,
        intonation_hz=32.0,
        pitch_hz=255.0,
        tract=1.15,
        rate_wpm=175.0,
        group_pitch_st={"F": 0.6, "M": -0.6},
        group_tract_log={"F": 0.015, "M": -0.015},
    ),
    emotion.AIBO,
    COMMANDS_DE,
)


def allocate(school: School, scale: float = 1.0) -> Allocation:
    """Return utterances per speaker of A, E, N, P, R and of those R that are NEG, as column `R-NEG`.

    The R column counts those that are IDL. At scale 1 the sums are exactly those of the corpus.
    """
    allowed = np.array(
        [[name not in school.lacking.get(speaker, "") for name in CLASSES] for speaker in school.speakers]
    )
    in_validation = np.array([speaker in VALIDATION for speaker in school.speakers])
    columns = share(scaled(sum(school.counts), scale), school.counts, _class_minimum(len(allowed), in_validation))
    at_least = _minimum(columns, allowed, in_validation)
    rows = share(int(columns.sum()), _sizes(allowed), at_least.sum(axis=1))
    counts = table(rows, columns, at_least, allowed * _propensity(allowed.shape))
    return Allocation(school.speakers, (*CLASSES, "R-NEG"), _with_negative_rest(counts, school))


def allocate_evenly(school: School, per_speaker: int) -> Allocation:
    """Return the same number of utterances of every class for every speaker, as far as it divides; no class lacks."""
    row = share(per_speaker, np.ones(len(CLASSES)), np.zeros(len(CLASSES), dtype=int))
    counts = np.tile(row, (len(school.speakers), 1))
    return Allocation(school.speakers, (*CLASSES, "R-NEG"), _with_negative_rest(counts, school))


def _class_minimum(n_speakers: int, in_validation: np.ndarray) -> np.ndarray:
    """Every class in every partition, and one neutral utterance for every speaker."""
    least = np.full(len(CLASSES), 1 + int(in_validation.any()))
    least[CLASSES.index("N")] = n_speakers
    return least


def _minimum(columns: np.ndarray, allowed: np.ndarray, in_validation: np.ndarray) -> np.ndarray:
    """Return the least of every cell: what lets speakers enrol, and keeps their classes where counts allow."""
    enough = columns >= allowed.sum(axis=0) + 1
    at_least = (allowed & enough).astype(np.int64)
    neutral = CLASSES.index("N")
    at_least[:, neutral] = neutral_minimum(int(columns[neutral]), len(allowed))
    for place, row in enumerate(np.flatnonzero(in_validation)):
        at_least[row, place::2] = np.maximum(at_least[row, place::2], 1)
    return at_least


def _sizes(allowed: np.ndarray) -> np.ndarray:
    """Return relative numbers of utterances per speaker: log-normal, without chance, less where classes lack."""
    quantiles = (np.arange(1, len(allowed) + 1) * 0.6180339887) % 1
    spread = np.exp([SIZE_SPREAD * NormalDist().inv_cdf(quantile) for quantile in quantiles])
    return spread * np.sqrt(allowed.mean(axis=1))


def _propensity(shape: tuple[int, ...]) -> np.ndarray:
    """Return how much each speaker tends to each class, the same in every twin."""
    return np.exp(CLASS_SPREAD * np.random.default_rng(2009).standard_normal(shape))


def _with_negative_rest(counts: np.ndarray, school: School) -> np.ndarray:
    """Split the last column, R, into IDL and NEG so that the margin of NEG is met."""
    total = int(counts.sum())
    negative, _ = share(total, [school.negative, sum(school.counts) - school.negative], [0, 0])
    rest = counts[:, -1]
    wanted = int(np.clip(negative - counts[:, :2].sum(), 0, rest.sum()))
    # Rounding the running sum spreads the NEG ones evenly over speakers.
    from_rest = np.diff(np.cumsum(rest) * wanted // max(rest.sum(), 1), prepend=0)
    return np.column_stack([counts[:, :-1], rest - from_rest, from_rest])


def simulate(
    root: Path,
    *,
    scale: float = 0.05,
    seed: int = 0,
    speaker_effect: float = 1.0,
    jobs: int | None = None,
    progress: Progress | None = None,
    per_speaker: int | None = None,
) -> None:
    """Write a simulated twin of FAU-AIBO to a new folder.

    Args:
        root: a folder that is not there yet, or empty.
        scale: share of the corpus, above 0 and at most 1.
        seed: of people, words and jitter.
        speaker_effect: how much speakers differ; at 0 they are the same.
        jobs: how many speakers speak at a time; None for all cores.
        progress: called after every utterance.
        per_speaker: instead of `scale`, so many utterances for each of the 26 and 25 speakers, in equal classes.

    Raises:
        DatasetError: the folder is not empty, an argument is out of range, or a voice failed.
    """
    if per_speaker is None:
        allocations = [allocate(school, scale) for school in SCHOOLS]
    else:
        allocations = [allocate_evenly(school, per_speaker) for school in SCHOOLS]
    rounding = _rounding(allocations, scale, per_speaker)
    recipe = TwinRecipe("aibo", scale, seed, speaker_effect, rounding)
    sessions, rows = _plan(allocations, recipe)
    with folder(root, recipe) as unfinished:
        (unfinished / "wav").mkdir()
        record(unfinished, sessions, jobs=jobs, progress=progress)
        _write_labels(unfinished, rows, recipe)


def _rounding(allocations: list[Allocation], scale: float, per_speaker: int | None) -> str:
    total = sum(int(allocation.counts.sum()) for allocation in allocations)
    if per_speaker is not None:
        return f"{total} utterances: {per_speaker} a speaker in equal classes, which are not the corpus's."
    asked = scale * sum(sum(school.counts) for school in SCHOOLS)
    return (
        f"{total} utterances where the scale asks for {asked:.1f}: class counts per school by largest remainder, with "
        "every class in every partition and a neutral utterance, or two, for every speaker."
    )


def _plan(allocations: list[Allocation], recipe: TwinRecipe) -> tuple[list[Session], list[tuple[str, str]]]:
    """Return the recording sessions, and (id, emotion) of every utterance in corpus order."""
    sessions: list[Session] = []
    rows: list[tuple[str, str]] = []
    for school, allocation in zip(SCHOOLS, allocations, strict=True):
        for speaker in allocation.speakers:
            emotions = in_random_order(allocation.of(speaker), recipe, speaker)
            ids = [f"{speaker}_{i // CHUNKS_PER_TURN:03d}_{i % CHUNKS_PER_TURN:02d}" for i in range(len(emotions))]
            lines = [Line(f"wav/{name}.wav", key) for name, key in zip(ids, emotions, strict=True)]
            sessions.append(CAST.session(recipe, speaker, lines, group=school.gender(speaker)))
            rows += zip(ids, emotions, strict=True)
    return sessions, rows


def _write_labels(root: Path, rows: list[tuple[str, str]], recipe: TwinRecipe) -> None:
    folder_ = root / "labels" / "IS2009EmotionChallenge"
    folder_.mkdir(parents=True)
    rng = stream(recipe.seed, "confidence")
    confidence = [f"{value:.1f}" for value in rng.integers(4, 11, len(rows)) / 10]
    two = ["NEG" if key in ("A", "E", "R-NEG") else "IDL" for _, key in rows]
    five = [key[0] for _, key in rows]
    for task, labels in (("2cl", two), ("5cl", five)):
        lines = [f"{row[0]} {label} {sure}\n" for row, label, sure in zip(rows, labels, confidence, strict=True)]
        (folder_ / f"chunk_labels_{task}_corpus.txt").write_text("".join(lines), encoding="ascii")
