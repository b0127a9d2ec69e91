"""Small audio files and corpora on disk for tests: noise of a twentieth of a second."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile


def write_noise(path: Path, *, n_samples: int = 800, channels: int = 1, sampling_rate: int = 16_000) -> Path:
    """Write noise that follows from the file's name, so that no two files are alike."""
    rng = np.random.default_rng(zlib.crc32(path.name.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    signal = rng.uniform(-0.5, 0.5, (n_samples, channels)).astype(np.float32)
    soundfile.write(path, signal, sampling_rate, subtype="PCM_16")
    return path


def write_aibo(
    root: Path,
    lines: Iterable[tuple[str, str, str]],
    *,
    labels: str = "labels/IS2009EmotionChallenge",
    audio: str = "wav",
    end: str = "\n",
    tasks: Iterable[str] = ("2cl", "5cl"),
) -> Path:
    """Write a corpus in AIBO's layout from (id, 2-class label, 5-class label)."""
    lines = list(lines)
    (root / labels).mkdir(parents=True, exist_ok=True)
    for task, column in (("2cl", 1), ("5cl", 2)):
        if task in tasks:
            text = "".join(f"{line[0]} {line[column]} 0.67{end}" for line in lines)
            (root / labels / f"chunk_labels_{task}_corpus.txt").write_bytes(text.encode())
    for name, *_ in lines:
        write_noise(root / audio / f"{name}.wav")
    return root


AIBO = [
    ("Mont_01_000_00", "IDL", "N"),
    ("Mont_01_000_01", "NEG", "E"),
    ("Ohm_01_000_00", "IDL", "P"),
    ("Ohm_01_001_00", "IDL", "N"),
    ("Ohm_31_000_00", "NEG", "A"),
    ("Ohm_32_000_00", "IDL", "R"),
]

DIALOGUE = """\
% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
A-E3:\tval 3; act 2; dom  2;\t()
C-F1:\tNeutral;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M000\thap\t[4.0000, 3.0000, 3.0000]
C-E2:\tHappiness;\t(caf\xe9)

[14.8872 - 18.0175]\tSes01F_impro01_F001\texc\t[4.0000, 3.0000, 3.0000]
[19.2900 - 20.7875]\tSes01F_impro01_M001\txxx\t[2.5000, 3.0000, 3.0000]
[21.3257 - 24.7400]\tSes01F_impro01_M002\tfru\t[2.5000, 3.5000, 3.5000]
"""


def write_dialogue(root: Path, *, session: int = 1, dialogue: str = "Ses01F_impro01", text: str = DIALOGUE) -> Path:
    """Write one dialogue in IEMOCAP's layout, with audio for every turn in its label file; return that file."""
    labels = root / f"Session{session}" / "dialog" / "EmoEvaluation" / f"{dialogue}.txt"
    labels.parent.mkdir(parents=True, exist_ok=True)
    labels.write_bytes(text.encode("latin-1"))
    for line in text.splitlines():
        if line.startswith("[") and line.count("\t") > 1:
            name = line.split("\t")[1]
            write_noise(root / f"Session{session}" / "sentences" / "wav" / dialogue / f"{name}.wav")
    return labels


def write_table(path: Path, text: str, files: Iterable[str] = ("a.wav", "b.wav", "c.wav")) -> Path:
    """Write a table and the audio beside it."""
    for name in files:
        write_noise(path.parent / name)
    path.write_bytes(text.encode())
    return path
