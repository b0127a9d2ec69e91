"""One fit of a small network: steps, validation, checkpoints."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from sabench import Context, Enrolment, Utterances, uar
from sabench_plugins.classifier import Classifier
from sabench_plugins.companions import Whose
from sabench_plugins.objectives.plain import Batch, Plain
from sabench_plugins.weights import Arrays, array_of, named, set_weights, under, weights_of


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns; see `sabench_plugins.functionals.adapter.FunctionalsAdapter`.

    Attributes:
        neutral: neutral utterances beside each utterance; 0 for none.
        companions: whose they are.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    neutral: int = 0
    companions: Whose = "same-speaker"

    @property
    def first_candidate(self) -> int:
        """The first epoch that may be kept: the second half, in which an adversary has reached its full strength."""
        return self.epochs // 2 + 1


Network = TypeVar("Network", bound=Classifier)


class Training(ABC, Generic[Network]):
    """One fit; afterwards the network is that of the candidate epoch with the best validation UAR, or the last.

    Subclasses say what a network is shown: `_begin` draws what an epoch needs beside the order of utterances,
    `_inputs` reads a batch, `_probabilities` predicts a validation speaker.
    """

    def __init__(
        self,
        network: Network,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        schedule: Schedule,
        context: Context,
        objective: Plain | None = None,
    ) -> None:
        self.network, self.train, self.validation = network, train, validation
        self.schedule, self.context, self.objective = schedule, context, objective or Plain()
        self.y = torch.tensor(train.y)
        counts = torch.bincount(self.y, minlength=len(train.classes))
        self.class_weight = len(self.y) / counts.clamp(min=1)
        self.trained = nn.ModuleList([network, self.objective])
        self.optimiser = torch.optim.AdamW(
            self.trained.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.epoch, self.best_uar, self.best = 0, math.nan, Arrays()

    @abstractmethod
    def _begin(self, rng: np.random.Generator) -> None:
        """Draw what the epoch needs beside the order of utterances."""

    @abstractmethod
    def _inputs(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return features of some utterances, and what the network takes beside them."""

    @abstractmethod
    def _probabilities(self, enrolment: Enrolment, scored: Utterances) -> np.ndarray:
        """Return probabilities of a validation speaker's utterances, shape `(n, n_classes)`."""

    def run(self) -> None:
        """Train to the last epoch from wherever a checkpoint stands, and keep the best."""
        self._resume()
        while self.epoch < self.schedule.epochs:
            losses = self._epoch(self.epoch + 1)
            self._keep(losses)
        set_weights(self.network, self.best)
        self.network.eval()

    def _epoch(self, epoch: int) -> dict[str, float]:
        """Take the steps of one epoch; return mean losses by name."""
        self.trained.train()
        rng = np.random.default_rng((self.context.seed, epoch))
        torch.manual_seed(int(rng.integers(2**31)))  # of dropout
        n = len(self.y)
        batches = np.array_split(rng.permutation(n), max(1, round(n / self.schedule.batch_size)))
        self._begin(rng)
        losses: dict[str, float] = {}
        for number, rows in enumerate(batches):
            progress = (epoch - 1 + number / len(batches)) / self.schedule.epochs
            for name, loss in self._steps(rows, progress).items():
                losses[name] = losses.get(name, 0.0) + loss * len(rows) / n
        return losses

    def _steps(self, rows: np.ndarray, progress: float) -> dict[str, float]:
        """Take the steps that a batch is good for; return their losses by name, the last of each."""
        batch = Batch(*self._inputs(rows), self.y[rows], self.class_weight, rows, progress)
        losses: dict[str, float] = {}
        for step in self.objective.steps(self.network, batch):
            self.optimiser.zero_grad()  # to None, so that the optimiser passes over what is not trained now
            torch.stack(list(step.losses.values())).sum().backward(inputs=step.trained)
            self.optimiser.step()
            losses |= {name: loss.item() for name, loss in step.losses.items()}
        return losses

    def _keep(self, losses: dict[str, float]) -> None:
        """Count an epoch: score it, keep its weights where they are the best so far, report, save."""
        self.epoch += 1
        self.network.eval()
        scored = self._uar()
        # The first one, a better one, a later one that ties, and any without validation.
        if self.epoch >= self.schedule.first_candidate and not scored < self.best_uar:
            self.best_uar, self.best = scored, weights_of(self.network)
        values = {} if math.isnan(scored) else {"validation_uar": scored}
        self.context.report(epoch=self.epoch, epochs=self.schedule.epochs, **losses, **values)
        self._save()

    def _uar(self) -> float:
        """Return the UAR over all validation speakers together; NaN where there are none."""
        if not self.validation:
            return math.nan
        truth = np.concatenate([scored.y for _, scored in self.validation])
        probabilities = [self._probabilities(enrolment, scored) for enrolment, scored in self.validation]
        return uar(truth, np.concatenate(probabilities).argmax(axis=1))

    def _save(self) -> None:
        """Keep what the next epoch goes on from; random draws follow from (seed, epoch) and need no state."""
        moments = {
            f"{number}.{name}": array_of(value)
            for number, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        arrays = named("trained", weights_of(self.trained)) | named("best", self.best) | named("optimiser", moments)
        best_uar = None if math.isnan(self.best_uar) else self.best_uar
        self.context.checkpoint.save(arrays, {"epoch": self.epoch, "best_uar": best_uar})

    def _resume(self) -> None:
        kept = self.context.checkpoint.load()
        if kept is None:
            return
        arrays, state = kept
        set_weights(self.trained, under("trained", arrays))
        self.best = under("best", arrays)
        self.epoch = int(state["epoch"])
        self.best_uar = math.nan if state["best_uar"] is None else float(state["best_uar"])
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in under("optimiser", arrays).items():
            number, _, name = key.partition(".")
            moments.setdefault(int(number), {})[name] = torch.from_numpy(np.array(value))
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
