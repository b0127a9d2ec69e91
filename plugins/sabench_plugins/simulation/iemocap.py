"""A simulated twin of IEMOCAP: layout, speakers, sessions, class counts; and turns that a reader skips.

Class counts, and the counts per speaker of the four-class task with excitement merged, are those of the corpus. How the
two go together, how many dialogs there are and who speaks when is [guess].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sabench import Progress
from sabench_plugins.simulation import emotion
from sabench_plugins.simulation.counts import Allocation, neutral_minimum, scaled, share, table
from sabench_plugins.simulation.speaker import Population, stream
from sabench_plugins.simulation.studio import Session, record
from sabench_plugins.simulation.texts import DIALOGUE_EN
from sabench_plugins.simulation.twin import Cast, Line, TwinRecipe, folder, in_random_order

CLASSES = ("ang", "hap", "exc", "neu", "sad")
COUNTS = (1103, 595, 1041, 1708, 1084)
PER_SPEAKER = {
    "Ses01F": 528,
    "Ses01M": 557,
    "Ses02F": 481,
    "Ses02M": 542,
    "Ses03F": 522,
    "Ses03M": 629,
    "Ses04F": 528,
    "Ses04M": 503,
    "Ses05F": 590,
    "Ses05M": 651,
}
SKIPPED = ("fru", "xxx")
"""Turns of other labels, which are no part of the tasks; the corpus has 4,508, a twin one in ten turns."""
TURNS_PER_DIALOG = 60
CLASS_SPREAD = 0.4
"""Standard deviation of the logarithm of how often a speaker shows a class [guess]."""

CAST = Cast(
    Population(
        voice="en-us+Marco",
        voice_hz=128.0,
        intonation_hz=37.0,
        pitch_hz=152.0,
        tract=1.15,
        rate_wpm=185.0,
        group_pitch_st={"F": 4.5, "M": -4.5},
        group_tract_log={"F": 0.07, "M": -0.07},
    ),
    emotion.IEMOCAP,
    DIALOGUE_EN,
)


@dataclass(frozen=True)
class Turn:
    """One turn of a dialog.

    Attributes:
        name: of the utterance, such as `Ses01F_impro01_M000`.
        dialog: such as `Ses01F_impro01`; its letter is not the speaker's.
        speaker: who speaks, such as `Ses01M`.
        emotion: the label.
    """

    name: str
    dialog: str
    speaker: str
    emotion: str

    @property
    def session(self) -> str:
        """The folder of the session."""
        return f"Session{int(self.speaker[3:5])}"

    @property
    def path(self) -> str:
        """The wav file, relative to the root."""
        return f"{self.session}/sentences/wav/{self.dialog}/{self.name}.wav"


def allocate(scale: float = 1.0) -> Allocation:
    """Return utterances per speaker and class; at scale 1 both sums are exactly those of the corpus."""
    speakers = tuple(PER_SPEAKER)
    least = np.where(np.array(CLASSES) == "neu", 2, 1) * len(speakers)
    columns = share(scaled(sum(COUNTS), scale), COUNTS, least)
    at_least = np.ones((len(speakers), len(CLASSES)), dtype=np.int64)
    neutral = CLASSES.index("neu")
    at_least[:, neutral] = neutral_minimum(int(columns[neutral]), len(speakers))
    rows = share(int(columns.sum()), list(PER_SPEAKER.values()), at_least.sum(axis=1))
    propensity = np.exp(CLASS_SPREAD * np.random.default_rng(2008).standard_normal(at_least.shape))
    return Allocation(speakers, CLASSES, table(rows, columns, at_least, propensity))


def simulate(
    root: Path,
    *,
    scale: float = 0.05,
    seed: int = 0,
    speaker_effect: float = 1.0,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Write a simulated twin of IEMOCAP to a new folder.

    Args:
        root: a folder that is not there yet, or empty.
        scale: share of the corpus, above 0 and at most 1.
        seed: of people, words and jitter.
        speaker_effect: how much speakers, and women and men, differ; at 0 they are the same.
        jobs: how many speakers speak at a time; None for all cores.
        progress: called after every utterance.

    Raises:
        DatasetError: the folder is not empty, an argument is out of range, or a voice failed.
    """
    allocation = allocate(scale)
    recipe = TwinRecipe("iemocap", scale, seed, speaker_effect, _rounding(allocation, scale))
    turns = list(_turns(allocation, recipe))
    with folder(root, recipe) as unfinished:
        for turn in turns:
            (unfinished / turn.path).parent.mkdir(parents=True, exist_ok=True)
        record(unfinished, _sessions(turns, recipe), jobs=jobs, progress=progress)
        _write_dialogs(unfinished, turns, recipe)


def _rounding(allocation: Allocation, scale: float) -> str:
    return (
        f"{int(allocation.counts.sum())} utterances of the tasks where the scale asks for {scale * sum(COUNTS):.1f}: "
        "class and speaker counts by largest remainder, with every class and two neutral utterances for every speaker."
    )


def _turns(allocation: Allocation, recipe: TwinRecipe) -> Iterator[Turn]:
    """Yield all turns in corpus order: by session and dialog, the two speakers mixed."""
    for session in range(1, 6):
        pair = [f"Ses{session:02d}F", f"Ses{session:02d}M"]
        said = {name: _said(allocation.of(name), recipe, name) for name in pair}
        spoken = in_random_order({name: len(said[name]) for name in pair}, recipe, f"Ses{session:02d}")
        for number, start in enumerate(range(0, len(spoken), TURNS_PER_DIALOG)):
            yield from _dialog(spoken[start : start + TURNS_PER_DIALOG], said, _dialog_name(session, number))


def _said(counts: dict[str, int], recipe: TwinRecipe, speaker: str) -> list[str]:
    """Return the emotions of a speaker's turns in order, those that readers skip among them."""
    extra = max(1, round(sum(counts.values()) / 18))
    return in_random_order({**counts, **dict.fromkeys(SKIPPED, extra)}, recipe, speaker)


def _dialog_name(session: int, number: int) -> str:
    """Return names as the corpus has them: improvised and scripted, led by the woman and by the man."""
    pair, letter = number // 2, "FM"[number % 2]
    kind = f"impro{pair // 2 + 1:02d}" if pair % 2 == 0 else f"script01_{pair // 2 + 1}"
    return f"Ses{session:02d}{letter}_{kind}"


def _dialog(spoken: list[str], said: dict[str, list[str]], dialog: str) -> Iterator[Turn]:
    counters = dict.fromkeys(said, 0)
    for speaker in spoken:
        yield Turn(f"{dialog}_{speaker[-1]}{counters[speaker]:03d}", dialog, speaker, said[speaker].pop(0))
        counters[speaker] += 1


def _sessions(turns: list[Turn], recipe: TwinRecipe) -> list[Session]:
    sessions = []
    for speaker in PER_SPEAKER:
        lines = [Line(turn.path, turn.emotion) for turn in turns if turn.speaker == speaker]
        sessions.append(CAST.session(recipe, speaker, lines, group=speaker[-1]))
    return sessions


def _write_dialogs(root: Path, turns: list[Turn], recipe: TwinRecipe) -> None:
    """Write one label file a dialog, with raters' lines, and the files that readers stumble over."""
    for dialog in dict.fromkeys(turn.dialog for turn in turns):
        own = [turn for turn in turns if turn.dialog == dialog]
        labels = root / own[0].session / "dialog" / "EmoEvaluation"
        raters = labels / "Categorical"
        raters.mkdir(parents=True, exist_ok=True)
        text = "".join(_evaluation(own, stream(recipe.seed, dialog, "raters")))
        (labels / f"{dialog}.txt").write_text(text, encoding="latin-1")
        (labels / f"._{dialog}.txt").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ")
        (raters / f"{dialog}_e2_cat.txt").write_text(
            "".join(f"{turn.name} :{_NAMES[turn.emotion]}; ()\n" for turn in own), encoding="latin-1"
        )


_NAMES = {
    "ang": "Anger",
    "hap": "Happiness",
    "exc": "Excited",
    "neu": "Neutral state",
    "sad": "Sadness",
    "fru": "Frustration",
    "xxx": "Other",
}
_DIMENSIONS = {
    "ang": (2, 4, 4),
    "hap": (4, 3, 3),
    "exc": (4, 4, 3),
    "neu": (3, 2, 3),
    "sad": (2, 2, 2),
    "fru": (2, 3, 3),
    "xxx": (3, 3, 3),
}
"""Valence, activation and dominance on a scale of five [guess]."""


def _evaluation(turns: list[Turn], rng: np.random.Generator) -> Iterator[str]:
    """Yield the blocks of one label file."""
    yield "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
    start_s = 6.0
    for turn in turns:
        end_s = start_s + float(rng.uniform(2.0, 5.0))
        v, a, d = (float(np.clip(value + rng.choice([-0.5, 0, 0.5]), 1, 5)) for value in _DIMENSIONS[turn.emotion])
        yield f"[{start_s:.4f} - {end_s:.4f}]\t{turn.name}\t{turn.emotion}\t[{v:.4f}, {a:.4f}, {d:.4f}]\n"
        for rater in ("E2", "E3", "E4", f"{turn.speaker[-1]}1"):
            yield f"C-{rater}:\t{_NAMES[turn.emotion]};\t()\n"
        for rater in ("E3", "E4", f"{turn.speaker[-1]}1"):
            yield f"A-{rater}:\tval {v:.0f}; act {a:.0f}; dom  {d:.0f};\t()\n"
        yield "\n"
        start_s = end_s + 0.5
