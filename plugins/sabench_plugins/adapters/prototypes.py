"""The nearest class mean, where the target's own labelled utterances move the means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from sabench import Access, Adapter, Context, Cost, Enrolment, FeatureView, Utterances, hookimpl
from sabench_plugins.references import SNELL_2017

LEAST_DEVIATION: Final = 1e-8
FILE: Final = "prototypes.safetensors"


class Prototypes(Adapter):
    """The nearest prototype: a class mean of training speakers, drawn to the target's labelled utterances of the class.

    The rule of prototypical networks (Snell, Swersky and Zemel 2017, equations 1 and 2) on standardised features,
    without their network. With nothing enrolled it is a nearest-mean classifier over training speakers.

    Args:
        labelled: labelled utterances of the target speaker.
        shrinkage: weight of a training mean, counted in utterances [guess].
        width: of the softmax, as squared distance a feature [guess].
    """

    name = "prototypes"
    title = "nearest class mean, moved by the target's labels"
    references = (SNELL_2017,)
    features = "egemaps"
    accepts = ("functionals",)
    libraries = ("scipy.special",)

    def __init__(
        self,
        labelled: Annotated[int, Field(ge=0)] = 10,
        shrinkage: Annotated[float, Field(gt=0)] = 2.0,
        width: Annotated[float, Field(gt=0)] = 0.1,
    ) -> None:
        self.labelled = labelled
        self.shrinkage = shrinkage
        self.width = width

    @property
    def access(self) -> Access:
        """Labelled utterances."""
        return Access(labelled=self.labelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Learn scale and class means; a class that nobody showed lies at the mean of all."""
        X = train.features.stack().astype(np.float64)
        self.mean_, self.deviation_ = X.mean(axis=0), np.maximum(X.std(axis=0), LEAST_DEVIATION)
        Z = (X - self.mean_) / self.deviation_
        self.prototypes_ = np.zeros((len(train.classes), Z.shape[1]))
        for y in np.unique(train.y):
            self.prototypes_[y] = Z[train.y == y].mean(axis=0)

    def enrol(self, enrolment: Enrolment) -> PrototypePredictor:
        """Return the prototypes of one speaker."""
        own = self.prototypes_.copy()
        if len(enrolment.labelled):
            Z = (enrolment.labelled.stack() - self.mean_) / self.deviation_
            for y in np.unique(enrolment.labelled_y):
                of_class = Z[enrolment.labelled_y == y]
                total = self.shrinkage * own[y] + of_class.sum(axis=0)
                own[y] = total / (self.shrinkage + len(of_class))
        return PrototypePredictor(self.mean_, self.deviation_, own, self.width)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the size of the training set."""
        return Cost(seconds=0.005 + 6e-8 * len(lengths) * width)

    def save(self, folder: Path) -> None:
        """Write scale and class means."""
        from safetensors.numpy import save_file

        state = {"mean": self.mean_, "deviation": self.deviation_, "prototypes": self.prototypes_}
        save_file(state, folder / FILE)

    def load(self, folder: Path) -> None:
        """Read scale and class means."""
        from safetensors.numpy import load_file

        state = load_file(folder / FILE)
        self.mean_, self.deviation_, self.prototypes_ = state["mean"], state["deviation"], state["prototypes"]


@dataclass(frozen=True)
class PrototypePredictor:
    """Prototypes for one speaker.

    Attributes:
        mean, deviation: of training, shape `(n_features,)`.
        prototypes: in standardised features, shape `(n_classes, n_features)`.
        width: see `Prototypes`.
    """

    mean: np.ndarray
    deviation: np.ndarray
    prototypes: np.ndarray
    width: float

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return the softmax of negative squared distances, shape `(n, n_classes)`."""
        from scipy.special import softmax

        if not len(features):
            return np.zeros((0, len(self.prototypes)))
        Z = (features.stack() - self.mean) / self.deviation
        squared = np.stack([((Z - one) ** 2).mean(axis=1) for one in self.prototypes], axis=1)
        probabilities: np.ndarray = softmax(-squared / self.width, axis=1)
        return probabilities


@hookimpl
def sabench_adapters() -> dict[str, type[Prototypes]]:
    """Offer `prototypes`."""
    return {"prototypes": Prototypes}
