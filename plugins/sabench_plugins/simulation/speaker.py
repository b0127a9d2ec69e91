"""Who speaks: a vocal tract, a microphone, and a habitual way to speak; all grow with the speaker effect.

Everybody has the same espeak-ng voice: another one is a leap that no effect makes small, and one voice apart among
ten speakers costs leave-one-speaker-out a whole fold.

At effect 1, neutral speech of different speakers differs about as much as in EmoDB and RAVDESS
(`benchmarks/twin_spreads.py` prints both). How much of that is tract and how much microphone is [guess].
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sabench_plugins.simulation.emotion import Manner

BASELINE = Manner(pitch_st=2.0, range_log=0.25, tempo_log=0.03, loudness_db=1.8, tilt_db=0.6)
"""Standard deviations between speakers of a group at effect 1."""
TRACT_LOG = 0.045
"""Standard deviation between vocal tracts of a group, natural logarithm of the factor on formants, at effect 1."""
CHANNEL_DB = (1.2, 1.4, 1.2, 0.9)
"""Standard deviations between channels at effect 1: decibel of each cosine over log frequency."""
EXPRESSIVITY_LOG = 0.35
"""Standard deviation of the logarithm of how strongly emotions show, at effect 1; of anger's pitch in EmoDB and RAVDESS
it is 0.2 to 0.5."""


@dataclass(frozen=True)
class Population:
    """Where speakers are drawn from.

    Attributes:
        voice: espeak-ng voice with variant, not a breathy one: their noise follows the clock.
        voice_hz: its mean pitch in Hz at espeak's middle setting.
        intonation_hz: how much of that comes from its intonation, which the setting leaves as it is.
        pitch_hz: mean pitch.
        tract: formant frequencies relative to the espeak voice.
        rate_wpm: words a minute.
        group_pitch_st: pitch by group, such as gender, at effect 1.
        group_tract_log: formants by group, natural logarithm of the factor.
    """

    voice: str
    voice_hz: float
    intonation_hz: float
    pitch_hz: float
    tract: float
    rate_wpm: float
    group_pitch_st: Mapping[str, float]
    group_tract_log: Mapping[str, float]


@dataclass(frozen=True)
class Speaker:
    """A simulated speaker.

    Attributes:
        voice: espeak-ng voice with variant.
        voice_hz: its mean pitch in Hz at espeak's middle setting.
        intonation_hz: how much of that the setting leaves as it is.
        pitch_hz: mean pitch of the population; one's own is in `baseline`.
        rate_wpm: words a minute of the population.
        tract: formant frequencies relative to the espeak voice.
        channel_db: coefficients of a smooth response of microphone and room.
        expressivity: how strongly emotions show, 1 for everybody without speaker effect.
        baseline: the habitual way to speak.
    """

    voice: str
    voice_hz: float
    intonation_hz: float
    pitch_hz: float
    rate_wpm: float
    tract: float
    channel_db: tuple[float, ...]
    expressivity: float
    baseline: Manner


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return random numbers that follow from a seed and names, the same on any machine."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def draw(population: Population, name: str, *, seed: int, speaker_effect: float, group: str = "") -> Speaker:
    """Return the speaker of that name; with effect 0 all names give the same speaker.

    Every value is a fixed draw times the effect, so that the same seed gives the same people,
    only more or less alike.
    """
    rng = stream(seed, name, "speaker")
    own = BASELINE.drawn(rng).scaled(speaker_effect)
    shift = Manner(pitch_st=population.group_pitch_st.get(group, 0.0) * speaker_effect)
    tract_log = population.group_tract_log.get(group, 0.0) + TRACT_LOG * rng.standard_normal()
    channel = speaker_effect * np.array(CHANNEL_DB) * rng.standard_normal(len(CHANNEL_DB))
    return Speaker(
        voice=population.voice,
        voice_hz=population.voice_hz,
        intonation_hz=population.intonation_hz,
        pitch_hz=population.pitch_hz,
        rate_wpm=population.rate_wpm,
        tract=float(population.tract * np.exp(np.clip(speaker_effect * tract_log, -0.25, 0.25))),
        channel_db=tuple(float(value) for value in channel),
        expressivity=float(np.exp(speaker_effect * EXPRESSIVITY_LOG * rng.standard_normal())),
        baseline=own + shift,
    )
