"""A tiny corpus for tests: tones whose speakers and emotions are known, so that results can be computed, not pasted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sabench.hashing import derive_seed

if TYPE_CHECKING:
    import numpy as np

SAMPLING_RATE: Final = 16_000
DURATION_S: Final = 0.3
EMOTIONS: Final = {"happy": 2.0, "neutral": 0.0, "sad": -2.0}
"""How far a class lies from its speaker's own voice: in semitones of pitch and in as many decibel."""
_BASE_HZ: Final = 160.0
_JITTER: Final = 0.25
_SPEAKER_STEP: Final = 3.0


@dataclass(frozen=True)
class Delivery:
    """How one utterance sounds.

    Attributes:
        speaker: from 0.
        label: one of `EMOTIONS`.
        number: of its class and speaker, from 0.
        level: semitones over the mean of all speakers; shift, emotion and jitter together.
    """

    speaker: int
    label: str
    number: int
    level: float

    @property
    def pitch_hz(self) -> float:
        """Fundamental frequency."""
        return _BASE_HZ * float(2.0 ** (self.level / 12))

    @property
    def amplitude(self) -> float:
        """Root mean square of the samples; one decibel a semitone."""
        return 0.03 * float(10.0 ** (self.level / 20))


def deliveries(n_speakers: int, shift: float, n_per_class: int, seed: int) -> list[Delivery]:
    """Return all utterances of a tiny corpus in its order.

    Speakers lie `3 * shift` semitones apart, classes 2 and utterances of a class less than 0.25: with the
    default shift the voice says more of the speaker than of the emotion, and with 0 speakers are alike.

    >>> [(d.speaker, d.label, d.number) for d in deliveries(1, 1.0, 1, 0)]
    [(0, 'happy', 0), (0, 'neutral', 0), (0, 'sad', 0)]
    """
    centre = (n_speakers - 1) / 2
    return [
        Delivery(speaker, label, number, _level(speaker - centre, shift, label, (seed, speaker, label, number)))
        for speaker in range(n_speakers)
        for label in EMOTIONS
        for number in range(n_per_class)
    ]


def _level(place: float, shift: float, label: str, key: tuple[int, int, str, int]) -> float:
    jitter = _JITTER * (2 * derive_seed("jitter", *key) / 2**32 - 1)
    return _SPEAKER_STEP * shift * place + EMOTIONS[label] + jitter


def sound(delivery: Delivery, seed: int = 0) -> np.ndarray:
    """Return a tone of six harmonics with a little noise, float32, shape `(samples,)`."""
    import numpy as np

    rng = np.random.default_rng(derive_seed("sound", seed, delivery.speaker, delivery.label, delivery.number))
    time_s = np.arange(int(DURATION_S * SAMPLING_RATE)) / SAMPLING_RATE
    tone = np.zeros_like(time_s)
    for harmonic in range(1, 7):
        phase = rng.uniform(0, 2 * np.pi)
        tone += np.sin(2 * np.pi * harmonic * delivery.pitch_hz * time_s + phase) / harmonic**2
    tone = tone / np.sqrt((tone**2).mean()) + rng.normal(0, 0.01, len(tone))
    signal: np.ndarray = (delivery.amplitude * tone).astype(np.float32)
    return signal


def make_corpus(root: Path, *, n_speakers: int = 4, shift: float = 1.0, n_per_class: int = 3, seed: int = 0) -> Path:
    """Write a corpus of tones and return its table, which `--dataset table --root` reads.

    Classes are happy, neutral and sad, the order of rows is that of `deliveries`. The last speaker is the
    test partition, the one before validates, the others train.

    Args:
        root: a folder; it is made where it is not there.
        n_speakers: `s0`, `s1` ...; even ones are female.
        shift: how far speakers lie apart; 0 makes them alike.
        n_per_class: utterances of each class and speaker.
        seed: of jitter and noise.
    """
    import soundfile

    (root / "wav").mkdir(parents=True, exist_ok=True)
    table = root / "corpus.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "speaker", "gender", "label", "neutral", "partition"])
        for delivery in deliveries(n_speakers, shift, n_per_class, seed):
            file = f"wav/s{delivery.speaker}_{delivery.label}_{delivery.number}.wav"
            soundfile.write(root / file, sound(delivery, seed), SAMPLING_RATE, subtype="PCM_16")
            gender = ("female", "male")[delivery.speaker % 2]
            neutral = "true" if delivery.label == "neutral" else "false"
            side = _partition(delivery.speaker, n_speakers)
            writer.writerow([file, f"s{delivery.speaker}", gender, delivery.label, neutral, side])
    return table


def _partition(speaker: int, n_speakers: int) -> str:
    return {n_speakers - 1: "test", n_speakers - 2: "validation"}.get(speaker, "train")
