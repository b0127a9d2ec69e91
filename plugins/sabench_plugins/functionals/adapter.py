"""What the small networks on functionals share as adapters."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from sabench import Adapter, Context, Cost, Enrolment, FeatureView, Predictor, Utterances

if TYPE_CHECKING:
    from torch import Tensor

    from sabench_plugins.functionals.network import Conditioning, Perceptron
    from sabench_plugins.objectives.plain import Plain
    from sabench_plugins.training import Schedule

STEP_S = 1.2e-3
"""Seconds of a step; hardly any of them are arithmetic."""


# No `from __future__ import annotations` here: subclasses in other files inherit these fields, and
# annotations kept as text would be looked up in the wrong file.
@dataclass(kw_only=True, eq=False, repr=False)
class FunctionalsAdapter(Adapter):
    """Two hidden layers on functionals; sizes and training are [guess].

    The weights of the epoch with the best UAR on validation speakers are kept, out of the second half of the epochs;
    without validation speakers those of the last.

    Attributes:
        units: size of the hidden layers.
        dropout: behind the first of them.
        epochs: passes over the training set.
        batch_size: utterances a step.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
    """

    uses_validation: ClassVar[bool] = True
    stochastic: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("torch", "sabench_plugins.functionals.training", "safetensors.torch")
    check_parameters: ClassVar[dict[str, int]] = {"epochs": 10}

    units: Annotated[int, Field(ge=1)] = 64
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    epochs: Annotated[int, Field(ge=1)] = 40
    batch_size: Annotated[int, Field(ge=1)] = 32
    learning_rate: Annotated[float, Field(gt=0)] = 0.002
    weight_decay: Annotated[float, Field(ge=0)] = 0.01

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Train the network."""
        import torch

        from sabench_plugins.functionals.training import FunctionalsTraining

        torch.manual_seed(context.seed)
        self.network_ = self._network(train.features.width, len(train.classes))
        FunctionalsTraining(self.network_, train, validation, self._schedule(), context, self._objective(train)).run()

    def enrol(self, enrolment: Enrolment) -> Predictor:
        """Return the network beside the mean of a speaker's neutral functionals."""
        return FunctionalsPredictor(self.network_, self.network_.neutral_mean(enrolment))

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the number of steps."""
        return Cost(seconds=0.2 + STEP_S * self.epochs * len(lengths) / self.batch_size)

    def n_parameters(self) -> int:
        """Return the number of weights that take part in a prediction."""
        return sum(weights.numel() for weights in self.network_.parameters())

    def save(self, folder: Path) -> None:
        """Write weights and scaling."""
        from safetensors.torch import save_file

        save_file(self.network_.state_dict(), folder / "network.safetensors")

    def load(self, folder: Path) -> None:
        """Read weights and scaling."""
        from safetensors.torch import load_file

        state = load_file(folder / "network.safetensors")
        self.network_ = self._network(len(state["mean"]), len(state["emotion.bias"]))
        self.network_.load_state_dict(state)

    def _how_conditioned(self) -> "Conditioning":
        return "none"

    def _objective(self, train: Utterances) -> "Plain | None":
        """Return what it is trained for; None for emotions alone."""
        return None

    def _schedule(self) -> "Schedule":
        from sabench_plugins.training import Schedule

        return Schedule(self.epochs, self.batch_size, self.learning_rate, self.weight_decay)

    def _network(self, width: int, n_classes: int) -> "Perceptron":
        from sabench_plugins.functionals.network import Perceptron

        return Perceptron(width, self.units, n_classes, self.dropout, self._how_conditioned()).eval()


@dataclass(frozen=True)
class FunctionalsPredictor:
    """The network for one speaker.

    Attributes:
        network: trained.
        neutral: mean functionals of the speaker's neutral speech, shape `(1, width)`.
    """

    network: "Perceptron"
    neutral: "Tensor"

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`."""
        return self.network.probabilities(features, self.neutral)
