"""FAU-AIBO: children talking to a robot, in the partition of the Interspeech 2009 Emotion Challenge.

Layout and counts: S. Steidl, "Automatic classification of emotion-related user states in spontaneous
children's speech", 2009; B. Schuller, S. Steidl, A. Batliner, "The Interspeech 2009 Emotion Challenge", 2009.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sabench import Corpus, Dataset, DatasetError, Fault, Progress, Reported, hookimpl, simulation_of, utterance_table
from sabench_plugins.datasets._published import seed_rows
from sabench_plugins.datasets._reading import audio_files, first, lines, refuse_unknown_task, relative
from sabench_plugins.datasets._words import shown

CLASSES = {"2class": ("IDL", "NEG"), "5class": ("A", "E", "N", "P", "R")}
N_UTTERANCES = 18_216
VALIDATION_SPEAKERS = ("Ohm_31", "Ohm_32")
"""One girl and one boy of the training school (Triantafyllopoulos et al. 2021, section 4)."""

_FILES = {"2class": "chunk_labels_2cl_corpus.txt", "5class": "chunk_labels_5cl_corpus.txt"}
_LABEL_FOLDERS = (
    "labels/IS2009EmotionChallenge",
    "labels/IS2009EmotionChallenge/IS2009EmotionChallenge",
    "IS2009EmotionChallenge",
    "IS2009EmotionChallenge/IS2009EmotionChallenge",
    "labels",
    "",
)
_AUDIO_FOLDERS = ("wav", "default", "wav/default", "")
_ID = re.compile(r"(Ohm|Mont)_(\d+)_(\d+)_(\d+)")
_CHALLENGE = "Schuller, Steidl and Batliner 2009 (official baseline)"
_CHALLENGE_DIFFERENCES = "Trains on all of Ohm, no validation speakers; baseline as cited by later papers."


class Aibo(Dataset):
    """Children of two schools: Ohm trains (two speakers validate), Mont tests; 16 kHz, 16 bit, mono.

    A speaker is school and number, `Ohm_01`: numbers repeat across schools. The gender of speakers is
    not in the label files and stays unknown. Neutral is N of the 5-class file; without that file it is
    IDL [guess], and the corpus carries a note.
    """

    name = "aibo"
    title = "FAU Aibo Emotion Corpus"
    licence = "licence agreement with FAU Erlangen-Nuremberg, for scientific use only; labels may not be shared"
    url = "https://www5.cs.fau.de/de/mitarbeiter/steidl-stefan/fau-aibo-emotion-corpus/"
    citation = (
        "S. Steidl: Automatic classification of emotion-related user states in spontaneous children's speech. "
        "Logos, Berlin, 2009."
    )
    language = "German"
    tasks = ("2class", "5class")
    default_protocol = "challenge"
    can_simulate = True
    simulation_version = "3"
    reported = (
        *seed_rows(
            "2class",
            "Table 2",
            {"SVM": 66.8, "SVM-NORM": 71.2, "ResNet": 64.1, "ResNet-NORM": 67.7, "TwoChannel": 63.5, "eResNet": 67.3},
            "What is neutral in the 2-class task is not said.",
        ),
        *seed_rows(
            "5class",
            "Table 2",
            {"SVM": 26.3, "SVM-NORM": 37.5, "ResNet": 31.5, "ResNet-NORM": 35.1, "TwoChannel": 32.4, "eResNet": 41.3},
        ),
        *(
            Reported(method, task, uar, _CHALLENGE, "https://doi.org/10.21437/Interspeech.2009-103", differences)
            for method, task, uar, differences in (
                ("SVM on IS09 functionals", "2class", 0.677, _CHALLENGE_DIFFERENCES),
                ("HMM", "2class", 0.661, _CHALLENGE_DIFFERENCES),
                ("SVM on IS09 functionals", "5class", 0.382, _CHALLENGE_DIFFERENCES),
                ("HMM", "5class", 0.359, _CHALLENGE_DIFFERENCES),
            )
        ),
    )

    def load(self, root: Path, task: str) -> Corpus:
        """Read the label file of the task, in the order of its lines."""
        refuse_unknown_task(self, task)
        root = root.absolute()
        labels = _require_labels(root, task)
        audio = _require_audio(root)
        neutral, notes = _neutral(root, task)
        rows: dict[str, Mapping[str, Any]] = {}
        faults = []
        for number, line in lines(labels):
            row = _row(line, CLASSES[task], audio, rows)
            if isinstance(row, str):
                faults.append(Fault(row, relative(labels, root), number))
            else:
                rows[row["id"]] = {**row, "neutral": row["label"] == "IDL" if neutral is None else row["id"] in neutral}
        simulation = simulation_of(root)
        if simulation is None and len(rows) != N_UTTERANCES:
            sentence = f"This copy has {len(rows)} usable utterances; the published corpus has {N_UTTERANCES}."
            faults.append(Fault(sentence, relative(labels, root), fatal=False))
        table = utterance_table(rows.values())
        return Corpus(self.name, task, CLASSES[task], table, root, tuple(faults), notes, simulation)

    def simulate(
        self,
        root: Path,
        *,
        scale: float = 0.05,
        seed: int = 0,
        speaker_effect: float = 1.0,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Write a simulated twin in the layout that `load` reads."""
        from sabench_plugins.simulation.aibo import simulate

        simulate(root, scale=scale, seed=seed, speaker_effect=speaker_effect, jobs=jobs, progress=progress)


def _row(
    line: str, classes: tuple[str, ...], audio: Mapping[str, Path], seen: Mapping[str, Any]
) -> dict[str, Any] | str:
    """Return the utterance of a line, or what is wrong with it."""
    fields = line.split()
    if len(fields) != 3:
        return f"expected three columns 'id label confidence', found {len(fields)}: {shown(line)}."
    name, label, _ = fields
    parts = _ID.fullmatch(name)
    if parts is None:
        return f"expected an id like 'Mont_07_000_00' (school, speaker, turn, chunk), found {shown(name)}."
    if label not in classes:
        return f"unknown label {shown(label)} of {name!r}; expected one of {', '.join(classes)}."
    if name in seen:
        return f"the id {name!r} is there twice."
    if name not in audio:
        return f"the audio of {name!r} is not there; expected '{name}.wav' in the folder 'wav'."
    speaker = f"{parts[1]}_{parts[2]}"
    path = str(audio[name])
    return {"id": name, "path": path, "speaker": speaker, "label": label, "partition": _partition(speaker)}


def _partition(speaker: str) -> str:
    if speaker.startswith("Mont"):
        return "test"
    return "validation" if speaker in VALIDATION_SPEAKERS else "train"


def _labels(root: Path, task: str) -> Path | None:
    return first(root / folder / _FILES[task] for folder in _LABEL_FOLDERS)


def _require_labels(root: Path, task: str) -> Path:
    labels = _labels(root, task)
    if labels is None:
        msg = (
            f"{root} holds no {_FILES[task]}; expected it in labels/IS2009EmotionChallenge, labels or the root itself. "
            "Name the folder that holds 'wav' and 'labels' as the root."
        )
        raise DatasetError(msg)
    return labels


def _require_audio(root: Path) -> dict[str, Path]:
    for folder in _AUDIO_FOLDERS:
        if files := audio_files(root / folder):
            return files
    msg = f"{root} holds no audio; expected WAV files in its folder 'wav' or 'default'."
    raise DatasetError(msg)


def _neutral(root: Path, task: str) -> tuple[set[str] | None, tuple[str, ...]]:
    """Return the ids that may serve as neutral enrolment; None where IDL has to stand for it."""
    labels = _labels(root, "5class")
    if labels is None:
        return None, ("Neutral enrolment comes from IDL of the 2-class labels: the 5-class file is not there.",)
    fields = (line.split() for _, line in lines(labels))
    notes = ("Neutral enrolment comes from N of the 5-class labels.",) if task == "2class" else ()
    return {parts[0] for parts in fields if parts[1:2] == ["N"]}, notes


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer FAU-AIBO."""
    return {"aibo": Aibo}
