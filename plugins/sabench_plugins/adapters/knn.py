"""Nearest neighbours among training utterances and the target's own labelled ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sabench import Access, Context, Cost, Enrolment, FeatureView, Utterances, hookimpl
from sabench_plugins.kept_training import KeptTraining
from sabench_plugins.references import PEDREGOSA_2011


class Knn(KeptTraining):
    """Nearest neighbours in standardised features; those that the target speaker labelled have more votes.

    Args:
        labelled: labelled utterances of the target speaker.
        neighbours: that vote [guess].
        votes: of an utterance of the target speaker; one of training has 1 [guess].
    """

    name = "knn"
    title = "nearest neighbours, the target's labels among them"
    references = (PEDREGOSA_2011,)
    features = "egemaps"
    accepts = ("functionals",)
    libraries = ("sklearn.neighbors", "sklearn.preprocessing")

    def __init__(
        self,
        labelled: Annotated[int, Field(ge=0)] = 10,
        neighbours: Annotated[int, Field(ge=1)] = 15,
        votes: Annotated[float, Field(gt=0)] = 5.0,
    ) -> None:
        self.labelled = labelled
        self.neighbours = neighbours
        self.votes = votes

    @property
    def access(self) -> Access:
        """Labelled utterances."""
        return Access(labelled=self.labelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Standardise and keep the training set."""
        from sklearn.preprocessing import StandardScaler

        self.keep(train, context)
        X = self.training_["X"]
        self.scaler_ = StandardScaler().fit(X)
        self.Z_, self.y_, self.n_classes_ = self.scaler_.transform(X), train.y, len(train.classes)

    def enrol(self, enrolment: Enrolment) -> KnnPredictor:
        """Return the neighbours of one speaker."""
        from sklearn.neighbors import NearestNeighbors

        Z, y, votes = self.Z_, self.y_, np.ones(len(self.y_))
        if n_own := len(enrolment.labelled):
            Z = np.concatenate([Z, self.scaler_.transform(enrolment.labelled.stack())])
            y = np.concatenate([y, enrolment.labelled_y])
            votes = np.concatenate([votes, np.full(n_own, self.votes)])
        search = NearestNeighbors(n_neighbors=min(self.neighbours, len(y))).fit(Z)
        ballots = votes[:, None] * np.eye(self.n_classes_)[y]
        return KnnPredictor(self.scaler_, search, ballots)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the size of the training set, for a target with a twentieth as many utterances."""
        return Cost(seconds=0.01 + width * (2e-8 * len(lengths) + 2e-10 * len(lengths) ** 2 / 20))


@dataclass(frozen=True)
class KnnPredictor:
    """Neighbours for one speaker, and what each of them votes: shape `(n_utterances, n_classes)`."""

    scaler: Any
    search: Any
    ballots: np.ndarray

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shares of the votes, shape `(n, n_classes)`."""
        if not len(features):
            return np.zeros((0, self.ballots.shape[1]))
        nearest = self.search.kneighbors(self.scaler.transform(features.stack()), return_distance=False)
        votes = self.ballots[nearest].sum(axis=1)
        shares: np.ndarray = votes / votes.sum(axis=1, keepdims=True)
        return shares


@hookimpl
def sabench_adapters() -> dict[str, type[Knn]]:
    """Offer `knn`."""
    return {"knn": Knn}
