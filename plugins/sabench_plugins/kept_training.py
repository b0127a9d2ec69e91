"""Classifiers that fit in a moment are kept as what they were fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from sabench import Adapter, Context, Cost, Enrolment, FeatureView, Memory, SklearnAdapter, Utterances

FILE: Final = "training.safetensors"


class KeptTraining(Adapter):
    """Saves functionals, labels and seed of its training set; loading fits again, to the same numbers.

    Support vectors and neighbours are training utterances anyway, so that files are about as large as a fitted
    classifier's. Nothing of scikit-learn is stored: no pickle, and no loader for one, whose import (skops, two
    seconds) takes longer than such a fit. Needs `fit` to look at no validation set and no neutral utterances, and at
    speakers only where `keeps_speakers` says so: they are kept as numbers in the order of their names.

    Under LOSO every fold has nearly the same training set, and each would be kept once a fold: one that is larger than
    `most_bytes` is not, since 500 of them fill a disk. 3 MiB are 8,900 utterances of eGeMAPS.
    """

    most_bytes: ClassVar[int] = 3 * 2**20
    keeps_speakers: ClassVar[bool] = False

    def keep(self, train: Utterances, context: Context) -> None:
        """Remember what `save` writes; `fit` calls it first."""
        self.training_ = {
            "X": train.features.stack(),
            "y": np.asarray(train.y, dtype=np.int64),
            "n_classes": np.array([len(train.classes)]),
            "seed": np.array([context.seed], dtype=np.uint64),
        }
        if self.keeps_speakers:
            self.training_["speaker"] = np.unique(train.speaker, return_inverse=True)[1].astype(np.int64)

    def savable(self) -> bool:
        """Return whether the training set is small enough to be kept in every fold."""
        return bool(self.training_["X"].nbytes <= self.most_bytes)

    def save(self, folder: Path) -> None:
        """Write the training set."""
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(array) for name, array in self.training_.items()}, folder / FILE)

    def load(self, folder: Path) -> None:
        """Fit again."""
        from safetensors.numpy import load_file

        training = load_file(folder / FILE)
        n = len(training["y"])
        speaker = np.array([f"{number:09d}" for number in training["speaker"]]) if self.keeps_speakers else [""] * n
        classes = tuple(str(number) for number in range(int(training["n_classes"][0])))
        functionals = FeatureView(Memory(training["X"]))
        train = Utterances(functionals, training["y"], np.array(speaker), np.zeros(n, dtype=bool), classes)
        self.fit(train, [], context=Context(int(training["seed"][0]), "cpu", 1, _unreported, _NoCheckpoint()))


class KeptClassifier(KeptTraining, SklearnAdapter):
    """A classifier of scikit-learn that is kept as its training set."""

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Fit scaler and classifier on functionals."""
        self.keep(train, context)
        super().fit(train, validation, context=context)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate a linear classifier's fit on eGeMAPS functionals; subclasses that take longer say so."""
        return Cost(seconds=0.02 + 5e-7 * len(lengths) * width)


def _unreported(**values: float) -> None:
    """Take one line an epoch, of which a quick fit has none."""


class _NoCheckpoint:
    """A checkpoint that keeps nothing: what is fitted again in a moment needs none."""

    def save(self, arrays: Any, state: Any) -> None:
        """Keep nothing."""

    def load(self) -> None:
        """Return that nothing is kept."""
        return
