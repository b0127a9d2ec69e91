"""The program of one speaker: reads a session from standard input, writes its files, and a dot for each.

When the parent is gone, the next dot meets a broken pipe and the program ends.
"""

from __future__ import annotations

import json
import math
import os
import sys
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sabench_plugins.simulation.emotion import Manner
from sabench_plugins.simulation.shaping import SAMPLING_RATE, record
from sabench_plugins.simulation.speaker import Speaker, stream
from sabench_plugins.simulation.voice import Voice


def main() -> None:
    """Record one session."""
    session = json.load(sys.stdin)
    baseline = Manner(**session["speaker"].pop("baseline"))
    speaker = Speaker(**session["speaker"], baseline=baseline)
    voice = Voice(speaker.voice)
    rng = stream(session["seed"], session["name"], "noise")
    for take in session["takes"]:
        write(Path(session["root"], take["path"]), perform(voice, speaker, take, rng))
        os.write(1, b".")


def perform(voice: Voice, speaker: Speaker, take: Mapping[str, Any], rng: np.random.Generator) -> np.ndarray:
    """Return the recording of one take, int16 at 16 kHz."""
    said = Manner(**take["delivery"])
    pitch_hz = speaker.pitch_hz * 2 ** (said.pitch_st / 12)
    dry = voice.say(
        take["text"],
        pitch_ratio=(pitch_hz / speaker.tract - speaker.intonation_hz) / (speaker.voice_hz - speaker.intonation_hz),
        pitch_range=math.exp(said.range_log),
        rate_wpm=speaker.rate_wpm * math.exp(said.tempo_log) / speaker.tract,
    )
    return record(
        dry,
        voice.sampling_rate,
        tract=speaker.tract,
        tilt_db=said.tilt_db,
        channel_db=np.add(speaker.channel_db, take["colour_db"]).tolist(),
        loudness_db=said.loudness_db,
        rng=rng,
    )


def write(path: Path, signal: np.ndarray) -> None:
    """Write a 16 kHz, 16 bit mono wav file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLING_RATE)
        file.writeframes(signal.astype("<i2").tobytes())


if __name__ == "__main__":
    main()
