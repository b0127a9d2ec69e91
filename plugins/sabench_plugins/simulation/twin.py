"""What the twins share: the people of a corpus, their takes, and a folder that appears complete or not at all."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sabench import DatasetError
from sabench_plugins.simulation.emotion import Manner, colour, deliver, rounded
from sabench_plugins.simulation.speaker import Population, draw, stream
from sabench_plugins.simulation.studio import Session, Take

MARKER = "sabench-twin.json"
"""File in a twin's root by which a reader knows that the speech is synthesised."""
VERSION = "3"
"""Raised whenever the same arguments give other files."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One utterance before it is recorded.

    Attributes:
        path: of the wav file, relative to the root.
        emotion: name of the emotion.
    """

    path: str
    emotion: str


@dataclass(frozen=True)
class TwinRecipe:
    """The arguments that a twin follows from.

    Attributes:
        dataset: which corpus it is a twin of.
        scale: share of the corpus, above 0 and at most 1.
        seed: of people, words and jitter.
        speaker_effect: how much speakers differ; 0 makes them the same.
        rounding: how counts were made whole, in words.
        version: of the simulation.
    """

    dataset: str
    scale: float
    seed: int
    speaker_effect: float
    rounding: str
    version: str = VERSION

    def __post_init__(self) -> None:
        if not 0 <= self.speaker_effect <= 10:
            msg = f"The speaker effect is {self.speaker_effect!r}; expected a number from 0 to 10, 1 for the usual."
            raise DatasetError(msg)
        if self.seed < 0:
            msg = f"The seed of a twin is {self.seed!r}; expected a whole number, zero or more."
            raise DatasetError(msg)


@dataclass(frozen=True)
class Cast:
    """What people of a corpus have in common.

    Attributes:
        population: where speakers are drawn from.
        emotions: deviation from the baseline by emotion.
        texts: what is said.
    """

    population: Population
    emotions: Mapping[str, Manner]
    texts: Sequence[str]

    def session(self, recipe: TwinRecipe, name: str, lines: Sequence[Line], group: str = "") -> Session:
        """Return the recording session of one speaker."""
        speaker = draw(self.population, name, seed=recipe.seed, speaker_effect=recipe.speaker_effect, group=group)
        rng = stream(recipe.seed, name, "delivery")
        takes = []
        for line in lines:
            said = deliver(self.emotions[line.emotion], speaker.baseline, speaker.expressivity, rng)
            takes.append(Take(line.path, str(rng.choice(self.texts)), rounded(said), colour(rng)))
        return Session(name, speaker, recipe.seed, tuple(takes))


def in_random_order(counts: Mapping[str, int], recipe: TwinRecipe, name: str) -> list[str]:
    """Return every key as often as it counts, in an order that follows from seed and name."""
    keys = [key for key, count in counts.items() for _ in range(count)]
    return [keys[i] for i in stream(recipe.seed, name, "order").permutation(len(keys))]


@contextmanager
def folder(root: Path, recipe: TwinRecipe) -> Iterator[Path]:
    """Yield a folder to fill; afterwards mark it as a twin and put it at `root` in one step.

    Raises:
        DatasetError: there is something at `root` already, or it cannot be written.
    """
    root = root.absolute()  # the voices work in a folder of their own
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        msg = f"{root} is there already and not empty; name a new folder for the twin, or remove this one."
        raise DatasetError(msg)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{root.name}.unfinished-", dir=root.parent))
    except OSError as error:
        msg = f"The twin cannot be written to {root}: {error.strerror}. Name a folder that you may write to."
        raise DatasetError(msg) from error
    try:
        yield unfinished
        (unfinished / MARKER).write_text(json.dumps(asdict(recipe), indent=2) + "\n", encoding="utf-8")
        unfinished.chmod(0o755)
        unfinished.replace(root)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    log.info("Simulated %s at %s. %s", recipe.dataset, root, recipe.rounding)
