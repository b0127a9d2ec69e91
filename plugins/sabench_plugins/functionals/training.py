"""One fit of a small network on functionals: steps, validation, checkpoints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Context, Enrolment, Utterances, uar
from sabench_plugins.companions import NOBODY, Whose, draw_companions
from sabench_plugins.functionals.adversary import Adversary
from sabench_plugins.functionals.network import Perceptron
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


class FunctionalsTraining:
    """One fit; afterwards the network is that of the candidate epoch with the best validation UAR, or the last."""

    def __init__(
        self,
        network: Perceptron,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        schedule: Schedule,
        context: Context,
        adversary: Adversary | None = None,
    ) -> None:
        self.network, self.train, self.validation = network, train, validation
        self.schedule, self.context, self.adversary = schedule, context, adversary
        self.x, self.y = torch.from_numpy(train.features.stack()), torch.tensor(train.y)
        network.standardise_by(self.x)
        counts = torch.bincount(self.y, minlength=len(train.classes))
        self.class_weight = len(self.y) / counts.clamp(min=1)
        self.trained = nn.ModuleList([network] if adversary is None else [network, adversary])
        self.optimiser = torch.optim.AdamW(
            self.trained.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.epoch, self.best_uar, self.best = 0, math.nan, Arrays()

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
        neutral = self._neutral(rng)
        losses: dict[str, float] = {}
        for number, batch in enumerate(batches):
            progress = (epoch - 1 + number / len(batches)) / self.schedule.epochs
            for name, loss in self._step(batch, neutral[batch], progress).items():
                losses[name] = losses.get(name, 0.0) + loss * len(batch) / n
        return losses

    def _neutral(self, rng: np.random.Generator) -> Tensor:
        """Return the mean neutral functionals beside every utterance, shape `(n, width)`."""
        if not self.schedule.neutral:
            return self.network.mean.expand_as(self.x)
        rows = draw_companions(self.train, self.schedule.neutral, rng, whose=self.schedule.companions)
        there = torch.from_numpy(rows != NOBODY)
        amount = there.sum(dim=1, keepdim=True)
        mean = (self.x[rows] * there[..., None]).sum(dim=1) / amount.clamp(min=1)
        return torch.where(amount > 0, mean, self.network.mean)

    def _step(self, batch: np.ndarray, neutral: Tensor, progress: float) -> dict[str, float]:
        """Take one step; return its losses by name."""
        hidden = self.network.encode(self.x[batch], neutral)
        losses = {"loss": F.cross_entropy(self.network.emotion(hidden), self.y[batch], self.class_weight)}
        if self.adversary is not None:
            losses["speaker_loss"] = self.adversary.loss(hidden, batch, progress)
        self.optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        self.optimiser.step()
        return {name: loss.item() for name, loss in losses.items()}

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
        probabilities = [
            self.network.probabilities(scored.features, self.network.neutral_mean(enrolment))
            for enrolment, scored in self.validation
        ]
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
