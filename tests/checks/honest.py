"""One honest plugin of each kind; the wrong ones change one thing in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sabench import (
    Access,
    Adapter,
    Corpus,
    Dataset,
    DatasetError,
    Enrolment,
    Fault,
    FeatureExtractor,
    Normaliser,
    utterance_table,
)
from sabench.testing import EMOTIONS, SAMPLING_RATE, deliveries, sound


def vector(array):
    """Functionals, or the mean over frames."""
    return np.asarray(array, dtype=np.float64).reshape(-1, array.shape[-1]).mean(axis=0)


def vectors(features):
    return np.stack([vector(array) for array in features])


class Centroid(Adapter):
    """The nearest class centre, measured from a speaker's neutral voice; learnt in two halves."""

    name = "centroid"
    title = "nearest class centre"
    accepts = ("functionals", "sequences")
    presets = {"soft": {"sharpness": 0.1}}
    search_grid = {"sharpness": (0.5, 1.0)}
    evaluation_parameters = ("sharpness",)

    def __init__(self, sharpness: float = 1.0, neutral: int = 1) -> None:
        self.sharpness = sharpness
        self.neutral = neutral

    @property
    def access(self):
        return Access(neutral=self.neutral)

    def fit(self, train, validation, *, context):
        self.home_ = vectors(train.features).mean(axis=0)
        moved = self.moved(train)
        centres = np.stack([self.centre(moved, train.y == label) for label in range(len(train.classes))])
        self.known_ = np.isin(np.arange(len(train.classes)), train.y)
        kept = context.checkpoint.load()
        self.centres_, begun = (np.zeros_like(centres), 0) if kept is None else (kept[0]["centres"], kept[1]["epoch"])
        for epoch in range(begun, 2):
            self.centres_ = self.centres_ + centres / 2
            context.report(epoch=epoch + 1)
            context.checkpoint.save({"centres": self.centres_}, {"epoch": epoch + 1})

    def moved(self, train):
        """Training vectors seen from their speaker's neutral voice."""
        homes = {}
        for name, rows in train.neutral_rows_of.items():
            homes[name] = vectors(train.features.take(rows)).mean(axis=0) if len(rows) else self.home_
        return vectors(train.features) - np.stack([homes[str(name)] for name in train.speaker])

    def centre(self, moved, rows):
        return moved[rows].mean(axis=0) if rows.any() else np.zeros(moved.shape[1])

    def enrol(self, enrolment):
        home = vectors(enrolment.neutral).mean(axis=0) if len(enrolment.neutral) else self.home_
        return Nearest(self, home)

    def save(self, folder):
        np.savez(folder / "centroid.npz", home=self.home_, centres=self.centres_, known=self.known_)

    def load(self, folder):
        with np.load(folder / "centroid.npz", allow_pickle=False) as kept:
            self.home_, self.centres_, self.known_ = kept["home"], kept["centres"], kept["known"]


class Nearest:
    def __init__(self, adapter, home):
        self.adapter, self.home = adapter, home

    def scores(self, features):
        distance = ((vectors(features) - self.home)[:, None] - self.adapter.centres_) ** 2
        scores = -self.adapter.sharpness * distance.mean(axis=2)
        return np.where(self.adapter.known_, scores, -50.0)

    def predict_proba(self, features):
        return softmax(self.scores(features))


def softmax(scores):
    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


class Mean(Normaliser):
    """Subtracts the mean over a speaker's utterances."""

    name = "mean"
    title = "minus the speaker's mean"

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    @property
    def access(self):
        return Access(unlabelled="all")

    def fit(self, train):
        self.mean_ = np.mean([vector(array) for array in train.features], axis=0)

    def enrol(self, enrolment: Enrolment):
        if not len(enrolment.unlabelled):
            return lambda array: array
        away = self.weight * np.mean([vector(array) for array in enrolment.unlabelled], axis=0)
        return lambda array: (array - away).astype(np.float32)

    def save(self, folder):
        np.save(folder / "mean.npy", self.mean_)

    def load(self, folder):
        self.mean_ = np.load(folder / "mean.npy")


class Loudness(FeatureExtractor):
    """Level of equal parts of the signal, and its length in seconds."""

    name = "loudness"
    title = "level and length"
    kind = "functionals"

    def __init__(self, parts: int = 4) -> None:
        self.parts = parts

    def expected_shape(self, duration_s):
        return (self.parts + 1,)

    def extract(self, signal, sampling_rate):
        mono = signal.mean(axis=0)
        padded = np.pad(mono, (0, max(self.parts - len(mono), 0)))
        levels = [np.log(np.mean(part**2) + 1e-8) for part in np.array_split(padded, self.parts)]
        return np.array([*levels, len(mono) / sampling_rate], dtype=np.float32)


class Folders(Dataset):
    """A folder a speaker, an emotion at the beginning of each file's name; `expected.txt` lists the files."""

    name = "folders"
    title = "a folder a speaker"
    licence = "CC0"
    citation = "nobody, 2026"
    tasks = ("3class", "2class")

    def load(self, root: Path, task: str) -> Corpus:
        expected = root / "expected.txt"
        if not expected.is_file():
            raise DatasetError(f"{root} has no expected.txt; expected the folder of the corpus.")
        classes = ("happy", "neutral", "sad")[: 3 if task == "3class" else 2]
        rows, faults = [], []
        for line, name in enumerate(expected.read_text().split(), start=1):
            if not (root / name).is_file():
                faults.append(Fault(f"{name} is not there.", "expected.txt", line))
            elif (row := self.row(root, name))["label"] in classes:
                rows.append(row)
        return Corpus(self.name, task, classes, utterance_table(rows), root, tuple(faults))

    def row(self, root, name):
        speaker, file = name.split("/")
        label = file.partition("_")[0]
        path = str((root / name).absolute())
        return {"id": name, "path": path, "speaker": speaker, "label": label, "neutral": label == "neutral"}


def write_folders(root: Path) -> Path:
    """Write a corpus that `Folders` reads."""
    import soundfile

    names = []
    for delivery in deliveries(2, 1.0, 2, 0):
        name = f"s{delivery.speaker}/{delivery.label}_{delivery.number}.wav"
        (root / name).parent.mkdir(exist_ok=True)
        soundfile.write(root / name, sound(delivery), SAMPLING_RATE, subtype="PCM_16")
        names.append(name)
    assert {name.split("/")[1].partition("_")[0] for name in names} == set(EMOTIONS)
    (root / "expected.txt").write_text("\n".join(names))
    return root
