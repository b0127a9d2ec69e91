"""A network that attends to a set of enrolment utterances, and its training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from sabench import Access, Context, Enrolment, Utterances
from sabench_plugins.companions import NOBODY
from sabench_plugins.functionals.network import Perceptron
from sabench_plugins.functionals.training import FunctionalsTraining
from sabench_plugins.training import Schedule


class EnrolmentPerceptron(Perceptron):
    """Two encoders, of the utterance and of each enrolled one, and attention of the first over the set of the second.

    What was attended to passes a layer that is zero at the start, so that training begins with the plain network, and
    is added to the utterance's last hidden layer. One learnt place in the set stands for nobody: it is all there
    is with nothing enrolled.
    """

    def __init__(self, width: int, units: int, n_classes: int, dropout: float, access: Access) -> None:
        super().__init__(width, units, n_classes, dropout, "none")
        self.access = access
        self.enrolment = nn.Sequential(nn.Linear(width, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU())
        self.nobody = nn.Parameter(torch.zeros(1, 1, units))
        self.query, self.key, self.value = (nn.Linear(units, units) for _ in range(3))
        self.attended = nn.Linear(units, units)
        nn.init.zeros_(self.attended.weight)
        nn.init.zeros_(self.attended.bias)

    def encode(self, x: Tensor, neutral: Tensor, /) -> Tensor:
        """Return the last hidden layer, shape `(n, units)`.

        Args:
            x: functionals, shape `(n, width)`.
            neutral: those of enrolled utterances, shape `(n, k, width)` or `(1, k, width)`; NaN where there is none.
        """
        hidden = super().encode(x, self.mean[None])
        absent = neutral.isnan().any(dim=-1)
        standardised = (neutral - self.mean) / self.scale
        enrolled = self.enrolment(torch.where(absent[..., None], 0.0, standardised))
        places = torch.cat((self.nobody.expand(len(enrolled), -1, -1), enrolled), dim=1)
        scores = (self.key(places) * self.query(hidden)[:, None]).sum(dim=-1) / math.sqrt(hidden.shape[-1])
        absent = torch.cat((absent.new_zeros(len(absent), 1), absent), dim=1)
        weights = scores.masked_fill(absent, -math.inf).softmax(dim=1)
        summed = (weights[..., None] * self.value(places)).sum(dim=1)
        encoded: Tensor = hidden + self.attended(summed)
        return encoded

    def neutral_mean(self, enrolment: Enrolment) -> Tensor:
        """Return the set of a speaker's enrolled functionals, neutral or not, shape `(1, k, width)`."""
        views = [enrolment.neutral] if self.access.neutral else []
        views += [enrolment.unlabelled] if self.access.unlabelled else []
        enrolled = [torch.from_numpy(view.stack()) for view in views if len(view)]
        return torch.cat([self.mean.new_zeros((0, len(self.mean))), *enrolled])[None]


class SetTraining(FunctionalsTraining):
    """Training in which every utterance meets, in each epoch, another set of its speaker's utterances."""

    def __init__(
        self,
        network: Perceptron,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        schedule: Schedule,
        context: Context,
        access: Access,
    ) -> None:
        super().__init__(network, train, validation, schedule, context)
        self.access = access

    def _neutral(self, rng: np.random.Generator) -> Tensor:
        """Return functionals of the sets, shape `(n, k, width)`; NaN where a speaker has fewer."""
        amount = self.access.neutral + int(self.access.unlabelled)
        rows = np.full((len(self.y), amount), NOBODY)
        for i, places in enumerate(rows):
            drawn = np.concatenate(self.train.draw_rows(i, self.access, rng))
            places[: len(drawn)] = drawn
        sets = self.x[rows]
        sets[torch.from_numpy(rows == NOBODY)] = math.nan
        return sets
