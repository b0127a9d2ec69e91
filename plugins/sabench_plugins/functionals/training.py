"""One fit of a small network on functionals: all of them in memory, neutral ones beside each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from sabench import Context, Enrolment, Utterances
from sabench_plugins.companions import NOBODY, draw_companions
from sabench_plugins.functionals.network import Perceptron
from sabench_plugins.objectives.plain import Plain
from sabench_plugins.training import Schedule, Training


class FunctionalsTraining(Training[Perceptron]):
    """One fit on functionals."""

    def __init__(
        self,
        network: Perceptron,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        schedule: Schedule,
        context: Context,
        objective: Plain | None = None,
    ) -> None:
        super().__init__(network, train, validation, schedule, context, objective)
        self.x = torch.from_numpy(train.features.stack())
        network.standardise_by(self.x)
        self.objective.standardise_as(network)
        self._beside = self.x

    def _begin(self, rng: np.random.Generator) -> None:
        self._beside = self._neutral(rng)

    def _inputs(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        return self.x[rows], self._beside[rows]

    def _neutral(self, rng: np.random.Generator) -> Tensor:
        """Return the mean neutral functionals beside every utterance, shape `(n, width)`."""
        if not self.schedule.neutral:
            return self.network.mean.expand_as(self.x)
        rows = draw_companions(self.train, self.schedule.neutral, rng, whose=self.schedule.companions)
        there = torch.from_numpy(rows != NOBODY)
        amount = there.sum(dim=1, keepdim=True)
        mean = (self.x[rows] * there[..., None]).sum(dim=1) / amount.clamp(min=1)
        return torch.where(amount > 0, mean, self.network.mean)

    def _probabilities(self, enrolment: Enrolment, scored: Utterances) -> np.ndarray:
        return self.network.probabilities(scored.features, self.network.neutral_mean(enrolment))
