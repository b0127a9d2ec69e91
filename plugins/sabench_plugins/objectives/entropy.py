"""Maximum entropy: a network that tells speakers apart, and an encoder that leaves it in doubt."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from sabench import Utterances
from sabench_plugins.classifier import Classifier
from sabench_plugins.objectives.plain import Batch, Plain, Step
from sabench_plugins.objectives.speakers import SpeakerHead


class MaximumEntropy(Plain):
    """Two steps in turn: the speaker head learns; then encoder and emotion head learn while it is uncertain."""

    def __init__(self, units: int, train: Utterances, weight: float, speaker_steps: int) -> None:
        super().__init__()
        self.weight, self.speaker_steps = weight, speaker_steps
        self.head = SpeakerHead(units, train)

    def steps(self, network: Classifier, batch: Batch) -> Iterator[Step]:
        """Yield steps of the speaker head, the encoder frozen, then one of the network, the head frozen."""
        for _ in range(self.speaker_steps):
            with torch.no_grad():
                hidden = network.encode(batch.x, batch.beside)
            yield Step({"speaker_loss": self.head.loss(hidden, batch.rows)}, list(self.head.parameters()))
        hidden = network.encode(batch.x, batch.beside)
        losses = {
            "loss": batch.loss(network.emotion(hidden)),
            "entropy_loss": -self.weight * entropy(self.head(hidden)),
        }
        yield Step(losses, list(network.parameters()))


def entropy(logits: Tensor) -> Tensor:
    """Return the entropy of the posteriors in nats, mean over utterances; the most is the logarithm of their number.

    >>> round(entropy(torch.zeros(2, 4)).item(), 4), round(entropy(torch.tensor([[99.0, 0.0]])).item(), 4)
    (1.3863, 0.0)
    """
    log_p = logits.log_softmax(dim=1)
    return -(log_p.exp() * log_p).sum(dim=1).mean()
