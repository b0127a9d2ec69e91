"""Whom a method harms: a mean gain hides the speakers who lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sabench.interfaces.records import Predictions
from sabench.stats.metrics import uar_by
from sabench.verdicts.wording import points


@dataclass(frozen=True)
class Harm:
    """Speakers for whom a method scores lower than another.

    Attributes:
        n_worse: how many they are.
        n_speakers: of so many.
        largest_loss: UAR that the one who loses most loses, a positive fraction; 0 where nobody loses.
        speaker: who that is; empty where nobody loses.
    """

    n_worse: int
    n_speakers: int
    largest_loss: float
    speaker: str

    @property
    def short(self) -> str:
        """In the words of a table."""
        if not self.n_worse:
            return f"0 of {self.n_speakers}"
        return f"{self.n_worse} of {self.n_speakers}, by up to {points(self.largest_loss)}"


def gains_by_speaker(runs: Sequence[Predictions], others: Sequence[Predictions]) -> dict[str, float]:
    """Return how much higher each speaker's UAR is under one method than under another, seeds averaged.

    Args:
        runs: of the one, a seed each.
        others: of the other, over the same utterances.
    """
    ours, theirs = _by_speaker(runs), _by_speaker(others)
    return {speaker: ours[speaker] - theirs[speaker] for speaker in sorted(ours)}


def harm(gains: Mapping[str, float]) -> Harm:
    """Return whom a method harms, from its gain for each speaker.

    >>> harm({"a": 0.2, "b": -0.1, "c": 0.0, "d": -0.05})
    Harm(n_worse=2, n_speakers=4, largest_loss=0.1, speaker='b')
    """
    worse = {speaker: gain for speaker, gain in gains.items() if gain < -1e-9}
    if not worse:
        return Harm(0, len(gains), 0.0, "")
    speaker = min(worse, key=worse.__getitem__)
    return Harm(len(worse), len(gains), -worse[speaker], speaker)


def _by_speaker(runs: Sequence[Predictions]) -> dict[str, float]:
    scores = [uar_by(run.truth, run.predicted, run.speaker, len(run.classes)) for run in runs]
    return {speaker: float(np.mean([one[speaker] for one in scores])) for speaker in scores[0]}
