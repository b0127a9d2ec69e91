"""The control of every speaker normalisation: is it the speaker, or just the scaling?"""

from __future__ import annotations

from pathlib import Path

from sabench import Enrolment, Normaliser, Transform, Utterances, hookimpl
from sabench_plugins.normalisers.moments import Standardise, load_arrays, moments, save_arrays


class CorpusZScore(Normaliser):
    """Standardises features with the training set's mean and deviation, the same for every speaker."""

    name = "corpus-zscore"
    title = "training-set mean and deviation, the same for every speaker"

    def fit(self, train: Utterances) -> None:
        """Take mean and deviation over all training utterances."""
        of_training = moments(train.features)
        self.mean_, self.scale_ = of_training.mean, of_training.scale

    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the one transform."""
        return Standardise(self.mean_, self.scale_)

    def save(self, folder: Path) -> None:
        """Write mean and scale."""
        save_arrays(folder, {"mean": self.mean_, "scale": self.scale_})

    def load(self, folder: Path) -> None:
        """Read mean and scale."""
        state = load_arrays(folder)
        self.mean_, self.scale_ = state["mean"], state["scale"]


@hookimpl
def sabench_normalisers() -> dict[str, type[CorpusZScore]]:
    """Offer `corpus-zscore`."""
    return {"corpus-zscore": CorpusZScore}
