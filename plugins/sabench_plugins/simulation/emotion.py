"""Emotion as a deviation from a speaker's own baseline, in five directions of delivery.

Signs follow the vocal correlates that reviews of the field agree on (anger high, loud and bright; sadness low, flat,
slow and soft). The sizes of emotions are [guess], about a quarter to a half of what actors do in EmoDB and RAVDESS:
with them, normalisation per speaker gains about what it does there (`benchmarks/twins.py`). How much one utterance of a
speaker differs from the next is about that of their neutral speech (`benchmarks/twin_spreads.py`).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Manner:
    """How something is said, relative to a baseline.

    Attributes:
        pitch_st: mean pitch in semitones.
        range_log: pitch range, natural logarithm of the factor.
        tempo_log: speaking rate, natural logarithm of the factor.
        loudness_db: level in decibel.
        tilt_db: slope of the spectrum in decibel per octave; positive is brighter.
    """

    pitch_st: float = 0.0
    range_log: float = 0.0
    tempo_log: float = 0.0
    loudness_db: float = 0.0
    tilt_db: float = 0.0

    def __add__(self, other: Manner) -> Manner:
        """Return both deviations together.

        >>> Manner(pitch_st=1) + Manner(pitch_st=2, tilt_db=1)
        Manner(pitch_st=3, range_log=0.0, tempo_log=0.0, loudness_db=0.0, tilt_db=1.0)
        """
        return Manner(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def scaled(self, factor: float) -> Manner:
        """Return the deviation made larger or smaller."""
        return Manner(*(value * factor for value in astuple(self)))

    def drawn(self, rng: np.random.Generator) -> Manner:
        """Return a normal draw around zero whose standard deviations are these values."""
        return Manner(*(float(value * rng.standard_normal()) for value in astuple(self)))


JITTER = Manner(pitch_st=1.1, range_log=0.3, tempo_log=0.12, loudness_db=1.7, tilt_db=0.4)
"""How much one utterance differs from the next of the same speaker and emotion (standard deviations)."""
COLOUR_DB = (0.8, 1.0, 0.8, 0.6)
"""How much its spectrum does besides: decibel of each cosine over log frequency."""

INTENSITY = (0.0, 1.6)
"""Between what factors the emotion of an utterance lies: much of spontaneous emotion hardly shows."""

AIBO = {
    "A": Manner(2.4, 0.25, 0.06, 4.0, 1.6),
    "E": Manner(0.6, 0.10, -0.14, 2.0, 0.8),
    "N": Manner(),
    "P": Manner(2.4, 0.40, -0.06, -2.0, -1.0),
    "R": Manner(-1.4, -0.25, -0.10, -1.5, -0.8),
    "R-NEG": Manner(-1.2, -0.20, -0.08, 0.0, 0.2),
}
"""Angry, emphatic, neutral, positive (as to a small child), rest (bored, tired), rest that counts as negative."""

IEMOCAP = {
    "ang": Manner(2.2, 0.30, 0.10, 5.0, 2.0),
    "hap": Manner(1.8, 0.35, 0.04, 0.5, 0.0),
    "exc": Manner(3.4, 0.45, 0.12, 3.0, 0.8),
    "neu": Manner(),
    "sad": Manner(-1.6, -0.40, -0.16, -3.0, -1.6),
    "fru": Manner(0.8, 0.10, -0.06, 2.0, 0.8),
    "xxx": Manner(0.4, 0.10, 0.0, 0.5, 0.2),
}
"""The classes that are read, and two kinds of turns that a reader skips: frustrated and no majority."""


def deliver(emotion: Manner, baseline: Manner, expressivity: float, rng: np.random.Generator) -> Manner:
    """Return how one utterance is said: the speaker's baseline, the emotion on it, and jitter."""
    intensity = expressivity * rng.uniform(*INTENSITY)
    return baseline + emotion.scaled(intensity) + JITTER.drawn(rng)


def colour(rng: np.random.Generator) -> tuple[float, ...]:
    """Return how the spectrum of one utterance differs from others, to six digits."""
    return tuple(round(float(value), 6) for value in np.array(COLOUR_DB) * rng.standard_normal(len(COLOUR_DB)))


def rounded(delivery: Manner) -> Manner:
    """Return the delivery to six digits, so that a job reads the same on any machine."""
    return replace(delivery, **{name: round(value, 6) for name, value in vars(delivery).items()})
