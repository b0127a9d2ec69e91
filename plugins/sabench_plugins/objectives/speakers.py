"""The part that tells training speakers apart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Utterances


def speaker_numbers(train: Utterances) -> Tensor:
    """Return the number of each training utterance's speaker, shape `(n,)`."""
    return torch.from_numpy(np.unique(train.speaker, return_inverse=True)[1])


class SpeakerHead(nn.Module):
    """Tells the training speakers from a hidden layer, by one hidden layer of its own."""

    def __init__(self, units: int, train: Utterances) -> None:
        super().__init__()
        self.number = speaker_numbers(train)
        self.layers = nn.Sequential(nn.Linear(units, units), nn.ReLU(), nn.Linear(units, len(train.rows_of)))

    def forward(self, hidden: Tensor) -> Tensor:
        """Return logits of speakers, shape `(n, n_speakers)`."""
        logits: Tensor = self.layers(hidden)
        return logits

    def loss(self, hidden: Tensor, rows: np.ndarray) -> Tensor:
        """Return the cross-entropy of speakers, mean over utterances.

        Args:
            hidden: their last hidden layer, shape `(n, units)`.
            rows: which training utterances they are.
        """
        return F.cross_entropy(self(hidden), self.number[rows])
