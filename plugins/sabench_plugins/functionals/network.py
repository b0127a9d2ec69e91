"""The network: two hidden layers, and ways in which a speaker's neutral speech can enter them."""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from sabench import Enrolment, FeatureView
from sabench_plugins.classifier import Classifier

Conditioning = Literal["none", "film", "difference", "film-difference", "concatenation", "layers"]

DIFFERENCES: Final = ("difference", "film-difference")
MODULATIONS: Final = ("film", "film-difference")


class Perceptron(Classifier):
    """Functionals `x` of an utterance and `n` of its speaker's neutral speech to emotions.

    What the first hidden layer sees, both standardised as `x` is in training:

    * `none`: x
    * `film`: (1 + a(n)) x + b(n), feature-wise modulation (Perez et al. 2018)
    * `difference`: x - n
    * `film-difference`: (1 + a(n)) (x - n) + b(n)
    * `concatenation`: x and n side by side
    * `layers`: x, and linear maps of an embedding of n are added behind both layers, as eResNet does in its blocks

    What depends on `n` is zero at the start (a, b, and the maps of `layers`), so that training begins with the plain
    network or with the bare subtraction. [guess]

    Where functionals end in a speaker embedding of `speaker_width`, x is what stands before it, and n the embedding
    alone; the two differences do not exist then. At 0 both are all of the functionals.
    """

    def __init__(
        self,
        width: int,
        units: int,
        n_classes: int,
        dropout: float,
        conditioning: Conditioning,
        speaker_width: int = 0,
    ) -> None:
        super().__init__(width)
        assert conditioning in get_args(Conditioning)  # noqa: S101  (parameters are validated before)
        assert not (speaker_width and conditioning in DIFFERENCES)  # noqa: S101
        self.conditioning = conditioning
        self.seen_width, self.beside_width = width - speaker_width, speaker_width or width
        beside = self.beside_width if conditioning == "concatenation" else 0
        self.first = nn.Linear(self.seen_width + beside, units)
        self.second = nn.Linear(units, units)
        self.dropout = nn.Dropout(dropout)
        self.emotion = nn.Linear(units, n_classes)
        if conditioning in MODULATIONS:
            self.modulation = nn.Sequential(
                nn.Linear(self.beside_width, units), nn.ReLU(), _zero(nn.Linear(units, 2 * self.seen_width))
            )
        if conditioning == "layers":
            self.embedding = nn.Sequential(nn.Linear(self.beside_width, units), nn.ReLU())
            self.maps = nn.ModuleList([_zero(nn.Linear(units, units)) for _ in range(2)])

    def standardise_by(self, x: Tensor) -> None:
        """Take mean and deviation of training functionals; a constant one keeps its size."""
        deviation, mean = torch.std_mean(x, dim=0, correction=0)
        self.standardise_to(mean, deviation)

    def encode(self, x: Tensor, neutral: Tensor, /) -> Tensor:
        """Return the last hidden layer, shape `(n, units)`.

        Args:
            x: functionals, shape `(n, width)`.
            neutral: those of neutral speech, shape `(n, width)` or `(1, width)`.
        """
        x = ((x - self.mean) / self.scale)[..., : self.seen_width]
        neutral = ((neutral - self.mean) / self.scale)[..., -self.beside_width :]
        if self.conditioning in DIFFERENCES:
            x = x - neutral
        if self.conditioning in MODULATIONS:
            factor, offset = self.modulation(neutral).chunk(2, dim=-1)
            x = (1 + factor) * x + offset
        if self.conditioning == "concatenation":
            x = torch.cat((x, neutral.expand(len(x), -1)), dim=-1)
        added = [0.0, 0.0]
        if self.conditioning == "layers":
            embedding = self.embedding(neutral)
            added = [of_layer(embedding) for of_layer in self.maps]
        hidden = self.dropout((self.first(x) + added[0]).relu())
        return (self.second(hidden) + added[1]).relu()

    def probabilities(self, features: FeatureView, neutral: Tensor) -> np.ndarray:
        """Return probabilities of emotions, shape `(n, n_classes)`, of a trained network."""
        if not len(features):
            return np.zeros((0, self.emotion.out_features))
        with torch.no_grad():
            probabilities: np.ndarray = self(torch.from_numpy(features.stack()), neutral).softmax(dim=1).numpy()
        return probabilities

    def neutral_mean(self, enrolment: Enrolment) -> Tensor:
        """Return the mean of a speaker's neutral functionals, shape `(1, width)`; without any the training mean."""
        if self.conditioning == "none" or not len(enrolment.neutral):
            return self.mean[None]
        return torch.from_numpy(enrolment.neutral.stack()).mean(dim=0, keepdim=True)


def _zero(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
