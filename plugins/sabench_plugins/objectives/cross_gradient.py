"""Cross-gradient training: each of two networks also sees what the other finds most telling, moved along it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Utterances
from sabench_plugins.classifier import Classifier
from sabench_plugins.objectives.plain import Batch, Plain, Step
from sabench_plugins.objectives.speakers import SpeakerHead, speaker_numbers

CLIP: Final = 0.1
"""The most that one number of a gradient counts, as in the code of Shankar et al."""


class CrossGradient(Plain):
    """A second network tells speakers; each also learns from inputs moved along the gradient of the other's loss.

    Args:
        speaker: the second network, whose output is one of speakers; it is built as the first is.
        train: of which utterances the speakers are told.
        epsilon: how far inputs move, in standard deviations for each unit of gradient.
        alpha: weight of the moved inputs; the plain ones have the rest.
    """

    def __init__(self, speaker: Classifier, train: Utterances, epsilon: float, alpha: float) -> None:
        super().__init__()
        self.speaker, self.number = speaker, speaker_numbers(train)
        self.epsilon, self.alpha = epsilon, alpha

    def standardise_as(self, network: Classifier) -> None:
        """Let the second network standardise as the first does."""
        self.speaker.standardise_to(network.mean, network.scale)

    def steps(self, network: Classifier, batch: Batch) -> Iterator[Step]:
        """Yield one step of both networks."""
        x, speakers = batch.x.detach().requires_grad_(), self.number[batch.rows]
        emotion_logits = network.emotion(network.encode(x, batch.beside))
        speaker_logits = self._tell(x, batch)
        for_speaker = self._moved(batch.x, x, F.cross_entropy(emotion_logits, batch.y, reduction="sum"), network.scale)
        for_emotion = self._moved(batch.x, x, F.cross_entropy(speaker_logits, speakers, reduction="sum"), network.scale)
        plain, moved = 1 - self.alpha, self.alpha
        losses = {
            "loss": plain * batch.loss(emotion_logits)
            + moved * batch.loss(network.emotion(network.encode(for_emotion, batch.beside))),
            "speaker_loss": plain * F.cross_entropy(speaker_logits, speakers)
            + moved * F.cross_entropy(self._tell(for_speaker, batch), speakers),
        }
        yield Step(losses, [*network.parameters(), *self.speaker.parameters()])

    def _tell(self, x: Tensor, batch: Batch) -> Tensor:
        logits: Tensor = self.speaker(x, batch.beside)  # its classes are speakers
        return logits

    def _moved(self, plain: Tensor, x: Tensor, loss: Tensor, scale: Tensor) -> Tensor:
        """Return inputs moved along the gradient of a loss, both counted in standard deviations."""
        (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
        return plain + scale * moved_by(gradient * scale, self.epsilon)


class CrossGradientOfHidden(Plain):
    """One encoder and two heads; each head also learns from hidden layers moved along the gradient of the other's loss.

    Args:
        units: size of the hidden layer.
        train: of which utterances the speakers are told.
        epsilon: how far hidden layers move for each unit of gradient.
        alpha: weight of the moved ones; the plain ones have the rest.
    """

    def __init__(self, units: int, train: Utterances, epsilon: float, alpha: float) -> None:
        super().__init__()
        self.head = SpeakerHead(units, train)
        self.epsilon, self.alpha = epsilon, alpha

    def steps(self, network: Classifier, batch: Batch) -> Iterator[Step]:
        """Yield one step of everything."""
        hidden = network.encode(batch.x, batch.beside)
        for_emotion, for_speaker = self._moved(network, hidden, batch)
        plain, moved = 1 - self.alpha, self.alpha
        losses = {
            "loss": plain * batch.loss(network.emotion(hidden)) + moved * batch.loss(network.emotion(for_emotion)),
            "speaker_loss": plain * self.head.loss(hidden, batch.rows)
            + moved * self.head.loss(for_speaker, batch.rows),
        }
        yield Step(losses, [*network.parameters(), *self.parameters()])

    def _moved(self, network: Classifier, hidden: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        there = hidden.detach().requires_grad_()
        speakers = self.head.number[batch.rows]
        of_speaker = F.cross_entropy(self.head(there), speakers, reduction="sum")
        of_emotion = F.cross_entropy(network.emotion(there), batch.y, reduction="sum")
        along = [moved_by(torch.autograd.grad(loss, there)[0], self.epsilon) for loss in (of_speaker, of_emotion)]
        return hidden + along[0], hidden + along[1]


def moved_by(gradient: Tensor, epsilon: float) -> Tensor:
    """Return how far something moves along a gradient.

    >>> moved_by(torch.tensor([0.05, -3.0]), 10.0).tolist()
    [0.5, -1.0]
    """
    return epsilon * gradient.detach().clamp(-CLIP, CLIP)
