"""The network of `dat` and its training: encoder, head for emotions, head for speakers behind a reversed gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Context, FeatureView, Utterances
from sabench_plugins.neural.scores import uar
from sabench_plugins.neural.state import Arrays, array_of, named, set_weights, under, weights_of


class Reversed(torch.autograd.Function):
    """The identity forward; backward the gradient times `-strength` (Ganin et al. 2016, equation 14)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        """Return `x`."""
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Return the reversed gradient."""
        return -ctx.strength * gradient, None


class Adversarial(nn.Module):
    """Functionals to emotions and, behind a reversed gradient, to speakers."""

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int, units: int, n_classes: int, n_speakers: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.encoder = nn.Sequential(
            nn.Linear(width, units), nn.ReLU(), nn.Dropout(dropout), nn.Linear(units, units), nn.ReLU()
        )
        self.emotion = nn.Linear(units, n_classes)
        self.speaker = nn.Sequential(nn.Linear(units, units), nn.ReLU(), nn.Linear(units, n_speakers))

    def encode(self, x: Tensor) -> Tensor:
        """Return the representation, shape `(n, units)`, of functionals."""
        encoded: Tensor = self.encoder((x - self.mean) / self.scale)
        return encoded

    def forward(self, x: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        """Return logits of emotions and of speakers."""
        encoded = self.encode(x)
        return self.emotion(encoded), self.speaker(Reversed.apply(encoded, strength))

    def probabilities(self, features: FeatureView) -> np.ndarray:
        """Return the probabilities of emotions, shape `(n, n_classes)`."""
        if not len(features):
            return np.zeros((0, self.emotion.out_features))
        with torch.no_grad():
            found: np.ndarray = self.emotion(self.encode(torch.from_numpy(features.stack()))).softmax(dim=1).numpy()
        return found


@dataclass(frozen=True)
class Recipe:
    """How it is trained; see `sabench_plugins.adapters.dat.Dat`."""

    strength: float
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float

    def strength_at(self, progress: float) -> float:
        """Return the strength after a share of all steps: it rises from 0 (Ganin et al. 2016, section 5.2.2).

        >>> recipe = Recipe(strength=2.0, epochs=1, batch_size=1, learning_rate=1.0, weight_decay=0.0)
        >>> [round(recipe.strength_at(progress), 2) for progress in (0.0, 0.1, 1.0)]
        [0.0, 0.92, 2.0]
        """
        return self.strength * (2 / (1 + math.exp(-10 * progress)) - 1)


class Training:
    """One fit; afterwards the network is that of the epoch with the best validation UAR, or without any the last."""

    def __init__(
        self,
        network: Adversarial,
        train: Utterances,
        validation: Sequence[Utterances],
        recipe: Recipe,
        context: Context,
    ) -> None:
        self.network, self.validation, self.recipe, self.context = network, validation, recipe, context
        self.x, self.y = torch.from_numpy(train.features.stack()), torch.tensor(train.y)
        self.speaker = torch.from_numpy(np.unique(train.speaker, return_inverse=True)[1])
        counts = torch.bincount(self.y, minlength=len(train.classes))
        self.class_weight = len(self.y) / counts.clamp(min=1)
        self.optimiser = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.epoch, self.best_uar, self.best = 0, math.nan, Arrays()

    def run(self) -> None:
        """Train to the last epoch from wherever a checkpoint stands, and keep the best."""
        deviation, mean = torch.std_mean(self.x, dim=0, correction=0)
        self.network.mean.copy_(mean)
        self.network.scale.copy_(torch.where(deviation > 1e-6, deviation, 1.0))
        self._resume()
        while self.epoch < self.recipe.epochs:
            losses = self._epoch(self.epoch + 1)
            self._keep(losses)
        set_weights(self.network, self.best)
        self.network.eval()

    def _epoch(self, epoch: int) -> np.ndarray:
        """Take the steps of one epoch; return mean losses (emotion, speaker)."""
        self.network.train()
        rng = np.random.default_rng((self.context.seed, epoch))
        torch.manual_seed(int(rng.integers(2**31)))  # of dropout
        n = len(self.y)
        batches = np.array_split(rng.permutation(n), max(1, round(n / self.recipe.batch_size)))
        losses = np.zeros(2)
        for number, batch in enumerate(batches):
            progress = (epoch - 1 + number / len(batches)) / self.recipe.epochs
            emotions, speakers = self.network(self.x[batch], self.recipe.strength_at(progress))
            told = F.cross_entropy(emotions, self.y[batch], self.class_weight)
            betrayed = F.cross_entropy(speakers, self.speaker[batch])
            self.optimiser.zero_grad()
            (told + betrayed).backward()
            self.optimiser.step()
            losses += np.array([told.item(), betrayed.item()]) * len(batch) / n
        return losses

    def _keep(self, losses: np.ndarray) -> None:
        """Count an epoch: score it, keep its weights where they are the best so far, report, save."""
        self.epoch += 1
        self.network.eval()
        scored = self._uar()
        if not scored < self.best_uar:  # the first one, a better one, a later one that ties, and any without validation
            self.best_uar, self.best = scored, weights_of(self.network)
        values = {} if math.isnan(scored) else {"validation_uar": scored}
        self.context.report(epoch=self.epoch, loss=float(losses[0]), speaker_loss=float(losses[1]), **values)
        self._save()

    def _uar(self) -> float:
        """Return the UAR over all validation speakers together; NaN where there are none."""
        if not self.validation:
            return math.nan
        truth = np.concatenate([of.y for of in self.validation])
        predicted = np.concatenate([self.network.probabilities(of.features).argmax(axis=1) for of in self.validation])
        return uar(truth, predicted)

    def _save(self) -> None:
        """Keep what the next epoch goes on from; random draws follow from (seed, epoch) and need no state."""
        moments = {
            f"{number}.{name}": array_of(value)
            for number, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        arrays = named("network", weights_of(self.network)) | named("best", self.best) | named("optimiser", moments)
        best_uar = None if math.isnan(self.best_uar) else self.best_uar
        self.context.checkpoint.save(arrays, {"epoch": self.epoch, "best_uar": best_uar})

    def _resume(self) -> None:
        kept = self.context.checkpoint.load()
        if kept is None:
            return
        arrays, state = kept
        set_weights(self.network, under("network", arrays))
        self.best = under("best", arrays)
        self.epoch = int(state["epoch"])
        self.best_uar = math.nan if state["best_uar"] is None else float(state["best_uar"])
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in under("optimiser", arrays).items():
            number, _, name = key.partition(".")
            moments.setdefault(int(number), {})[name] = torch.from_numpy(np.array(value))
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})


@dataclass(frozen=True)
class Same:
    """The predictor of every speaker."""

    network: Adversarial

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`."""
        return self.network.probabilities(features)
