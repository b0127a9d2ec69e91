"""Emotions alone; and what every other objective is to the training loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench_plugins.classifier import Classifier


@dataclass(frozen=True)
class Batch:
    """What a step sees.

    Attributes:
        x: features as they are, shape `(n, width)` or `(n, frames, width)`.
        beside: what the network takes beside them: functionals of neutral speech, or numbers of frames.
        y: emotions, shape `(n,)`.
        class_weight: of emotions, shape `(n_classes,)`.
        rows: which training utterances they are.
        progress: share of all steps done.
    """

    x: Tensor
    beside: Tensor
    y: Tensor
    class_weight: Tensor
    rows: np.ndarray
    progress: float

    def loss(self, logits: Tensor) -> Tensor:
        """Return the cross-entropy of emotions, weighted by class, mean over utterances."""
        return F.cross_entropy(logits, self.y, self.class_weight)


@dataclass(frozen=True)
class Step:
    """One step of the optimiser.

    Attributes:
        losses: by name; their sum is minimised.
        trained: what moves. Everything else stays, whatever its gradient would be.
    """

    losses: dict[str, Tensor]
    trained: list[nn.Parameter]


class Plain(nn.Module):
    """Emotions alone."""

    def standardise_as(self, network: Classifier) -> None:
        """Take over what a network knows of its training set, before the first step."""

    def steps(self, network: Classifier, batch: Batch) -> Iterator[Step]:
        """Yield the steps that a batch is good for; each is made once the one before it was taken."""
        loss = batch.loss(network.emotion(network.encode(batch.x, batch.beside)))
        yield Step({"loss": loss}, list(network.parameters()))
