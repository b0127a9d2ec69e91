"""Plugins that exist only in tests: two numbers of an utterance, and the nearest class in training."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from sabench import Access, AccessError, Adapter, Alias, FeatureExtractor, hookimpl
from sabench.registry.registry import Registry
from sabench.running.plan import Plan
from sabench.testing import make_corpus


class Toy(FeatureExtractor):
    """Level and pitch in logarithms; on the tiny corpus both rise by the same step."""

    name = "toy"
    kind = "functionals"

    def extract(self, signal, sampling_rate):
        spectrum = np.abs(np.fft.rfft(signal[0]))
        pitch_hz = np.argmax(spectrum) * sampling_rate / signal.shape[1]
        return np.array([np.log(np.sqrt((signal**2).mean())), np.log(pitch_hz)], dtype=np.float32)


class Nearest(Adapter):
    """The nearer a class's mean, the more probable; blind to the speaker."""

    name = "nearest"
    title = "nearest class mean"
    features = "toy"
    presets = {"soft": {"sharpness": 1.0}}

    def __init__(self, sharpness: float = 4.0) -> None:
        self.sharpness = sharpness

    def fit(self, train, validation, *, context):
        x = self._centred(train)
        self.means_ = np.stack([x[train.y == index].mean(axis=0) for index in range(len(train.classes))])

    def _centred(self, train):
        return train.features.stack()

    def enrol(self, enrolment):
        return Near(self.means_, self.sharpness, 0.0)


class Shifted(Nearest):
    """The same after the mean of a speaker's neutral utterances is taken away."""

    name = "shifted"
    title = "nearest class mean, from a neutral utterance on"
    evaluation_parameters = ("neutral",)

    def __init__(self, sharpness: float = 4.0, neutral: int = 1) -> None:
        super().__init__(sharpness)
        self.neutral = neutral

    @property
    def access(self):
        return Access(neutral=self.neutral)

    def _centred(self, train):
        x = train.features.stack()
        own = {s: x[rows].mean(axis=0) for s, rows in train.neutral_rows_of.items()}
        return x - np.stack([own[str(name)] for name in train.speaker])

    def enrol(self, enrolment):
        if not len(enrolment.neutral):
            raise AccessError("shifted needs a neutral utterance of the target speaker.")
        return Near(self.means_, self.sharpness, enrolment.neutral.stack().mean(axis=0))


class Near:
    def __init__(self, means, sharpness, centre):
        self.means, self.sharpness, self.centre = means, sharpness, centre

    def predict_proba(self, features):
        distance = np.linalg.norm((features.stack() - self.centre)[:, None] - self.means, axis=2)
        weight = np.exp(-self.sharpness * distance)
        return weight / weight.sum(axis=1, keepdims=True)


@hookimpl
def sabench_features():
    return {"toy": Toy}


@hookimpl
def sabench_adapters():
    return {
        "nearest": Nearest,
        "shifted": Shifted,
        "nearest-norm": Alias("nearest", normaliser="speaker-zscore"),
        "nearest-neutral": Alias(
            "nearest", normaliser="speaker-zscore", normaliser_parameters={"neutral": 1, "shrinkage": 0.0}
        ),
    }


def registry() -> Registry:
    """Return the installed plugins and these."""
    return Registry(extra=[sys.modules[__name__]])


def plan(folder: Path, **values) -> Plan:
    """Return a plan over a tiny corpus in the folder, made where it is not there."""
    table = folder / "corpus.csv"
    if not table.exists():
        make_corpus(folder, n_speakers=4, n_per_class=4)
    defaults = {"adapters": "nearest", "datasets": "table", "roots": {"table": table}, "protocol": "loso"}
    quiet = {"results": folder / "results", "track": False, "threads": 1, "jobs": 1}
    return Plan.build({**defaults, **quiet, **values})
