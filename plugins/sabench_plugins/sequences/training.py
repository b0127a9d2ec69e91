"""One fit of a small network on sequences: a random crop of every utterance in each epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from sabench import Context, Enrolment, Utterances
from sabench_plugins.objectives.plain import Plain
from sabench_plugins.sequences.frames import FrameClassifier, padded
from sabench_plugins.training import Schedule, Training


class SequenceTraining(Training[FrameClassifier]):
    """One fit on crops; validation speakers are scored on whole utterances.

    Args:
        crop_frames: the most of an utterance that a step sees.
    """

    def __init__(
        self,
        network: FrameClassifier,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        schedule: Schedule,
        context: Context,
        objective: Plain | None,
        crop_frames: int,
    ) -> None:
        super().__init__(network, train, validation, schedule, context, objective)
        network.standardise_by(train.features)
        self.objective.standardise_as(network)
        self.crop_frames = crop_frames
        self._starts = np.zeros(len(train), dtype=np.int64)

    def _begin(self, rng: np.random.Generator) -> None:
        spare = np.maximum(self.train.features.lengths - self.crop_frames, 0)
        self._starts = rng.integers(spare + 1)

    def _inputs(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        crops = [
            self.train.features[row][start : start + self.crop_frames]
            for row, start in zip(rows.tolist(), self._starts[rows].tolist(), strict=True)
        ]
        return padded(crops)

    def _probabilities(self, enrolment: Enrolment, scored: Utterances) -> np.ndarray:
        return self.network.probabilities(scored.features)
