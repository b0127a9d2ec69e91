"""The network of `dat` and its training: encoder, head for emotions, head for speakers behind a reversed gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Context, FeatureView, Utterances


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


@dataclass
class Training:
    """One fit; afterwards the network is that of the epoch with the best validation UAR, or without any the last."""

    network: Adversarial
    train: Utterances
    validation: list[Utterances]
    recipe: Recipe
    context: Context
    best_uar: float = math.nan
    best: dict[str, Tensor] = field(default_factory=dict)

    def run(self) -> None:
        """Train all epochs and keep the best."""
        x, y, speaker = self._tensors()
        counts = np.bincount(self.train.y, minlength=len(self.train.classes))
        weight = torch.from_numpy(len(y) / np.maximum(counts, 1)).float()
        optimiser = torch.optim.AdamW(
            self.network.parameters(), self.recipe.learning_rate, weight_decay=self.recipe.weight_decay
        )
        for epoch in range(1, self.recipe.epochs + 1):
            losses = self._epoch(epoch, x, y, speaker, weight, optimiser)
            self._keep(epoch, losses)
        self.network.load_state_dict(self.best)
        self.network.eval()

    def _tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return functionals, classes and speaker numbers; the scaling is taken from them."""
        x = self.train.features.stack()
        self.network.mean.copy_(torch.from_numpy(x.mean(axis=0)))
        self.network.scale.copy_(torch.from_numpy(np.where(x.std(axis=0) > 1e-6, x.std(axis=0), 1.0)))
        _, speaker = np.unique(self.train.speaker, return_inverse=True)
        return torch.from_numpy(x), torch.tensor(self.train.y), torch.from_numpy(speaker)

    def _epoch(
        self, epoch: int, x: Tensor, y: Tensor, speaker: Tensor, weight: Tensor, optimiser: torch.optim.Optimizer
    ) -> np.ndarray:
        """Take the steps of one epoch; return mean losses (emotion, speaker)."""
        self.network.train()
        torch.manual_seed(np.random.SeedSequence((self.context.seed, epoch)).generate_state(1)[0])  # of dropout
        order = np.random.default_rng((self.context.seed, epoch)).permutation(len(y))
        batches = np.array_split(order, max(1, round(len(y) / self.recipe.batch_size)))
        losses = np.zeros(2)
        for number, batch in enumerate(batches):
            progress = (epoch - 1 + number / len(batches)) / self.recipe.epochs
            emotions, speakers = self.network(x[batch], self.recipe.strength_at(progress))
            parts = F.cross_entropy(emotions, y[batch], weight), F.cross_entropy(speakers, speaker[batch])
            optimiser.zero_grad()
            (parts[0] + parts[1]).backward()
            optimiser.step()
            losses += [part.item() * len(batch) / len(y) for part in parts]
        return losses

    def _keep(self, epoch: int, losses: np.ndarray) -> None:
        self.network.eval()
        uar = self._uar()
        if not uar < self.best_uar:  # the first one, a better one, a later one that ties, and any without validation
            self.best_uar = uar
            self.best = {name: value.clone() for name, value in self.network.state_dict().items()}
        scored = {} if math.isnan(uar) else {"validation_uar": uar}
        self.context.report(epoch=epoch, loss=float(losses[0]), speaker_loss=float(losses[1]), **scored)

    def _uar(self) -> float:
        """Return the UAR over all validation speakers together; NaN where there are none."""
        if not self.validation:
            return math.nan
        truth = np.concatenate([of.y for of in self.validation])
        predicted = np.concatenate([self.network.probabilities(of.features).argmax(axis=1) for of in self.validation])
        return float(np.mean([(predicted[truth == label] == label).mean() for label in np.unique(truth)]))


@dataclass(frozen=True)
class Same:
    """The predictor of every speaker."""

    network: Adversarial

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`."""
        return self.network.probabilities(features)
