"""Domain-adversarial training: a representation from which speakers cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from sabench import Adapter, Context, Cost, Enrolment, Utterances, hookimpl

if TYPE_CHECKING:
    from sabench_plugins.adapters._adversarial import Adversarial, Same

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Dat(Adapter):
    """Speaker-invariant training by gradient reversal; needs nothing of a target speaker.

    Tu, Tang, Huang, He and Zhou, "Towards adversarial learning of speaker-invariant representation for speech emotion
    recognition", arXiv:1903.09606, 2019, after Ganin et al., "Domain-adversarial training of neural networks", JMLR 17,
    2016: a representation, and on it one network that tells emotions and one that tells the training speakers; the
    gradient of the latter reaches the representation reversed. Both are trained together, end to end; the epoch with
    the best UAR on validation speakers is kept.

    Theirs is a time-delay network with LSTM on frames; here a small network on functionals stands in, so that it
    compares with the support vector machines [guess]. The strength, its course (that of Ganin et al.), all sizes and
    the recipe are [guess] too. At strength 0 it is the same network without adversary, offered as `mlp`.

    Args:
        strength: weight of the reversed gradient at the end of training.
        units: size of the representation and of hidden layers.
        dropout: in the encoder.
        epochs: passes over the training set.
        batch_size: utterances a step.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
    """

    name = "dat"
    title = "domain-adversarial training against speakers, on functionals"
    uses_validation = True
    stochastic = True
    adapts = "mlp"
    check_parameters = {"epochs": 10}

    def __init__(
        self,
        strength: Annotated[float, Field(ge=0)] = 1.0,
        units: Count = 64,
        dropout: Share = 0.3,
        epochs: Count = 40,
        batch_size: Count = 32,
        learning_rate: Positive = 0.002,
        weight_decay: Annotated[float, Field(ge=0)] = 0.01,
    ) -> None:
        self.strength = strength
        self.units = units
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Train; speakers of `train` are the adversary's classes, those of `validation` choose the epoch."""
        import torch

        from sabench_plugins.adapters._adversarial import Recipe, Training

        torch.manual_seed(context.seed)
        self.network_ = self._network(train.features.width, len(train.classes), len(train.rows_of))
        recipe = Recipe(self.strength, self.epochs, self.batch_size, self.learning_rate, self.weight_decay)
        Training(self.network_, train, [scored for _, scored in validation], recipe, context).run()

    def enrol(self, enrolment: Enrolment) -> Same:
        """Return the same network for every speaker."""
        from sabench_plugins.adapters._adversarial import Same

        return Same(self.network_)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the number of steps, of which each takes about a millisecond."""
        return Cost(seconds=0.2 + 1.2e-3 * self.epochs * len(lengths) / self.batch_size)

    def n_parameters(self) -> int:
        """Return the number of weights of encoder and both heads."""
        return sum(weights.numel() for weights in self.network_.parameters())

    def save(self, folder: Path) -> None:
        """Write weights and scaling."""
        from safetensors.torch import save_file

        save_file(self.network_.state_dict(), folder / "dat.safetensors")

    def load(self, folder: Path) -> None:
        """Read weights and scaling."""
        from safetensors.torch import load_file

        state = load_file(folder / "dat.safetensors")
        self.network_ = self._network(len(state["mean"]), len(state["emotion.bias"]), len(state["speaker.2.bias"]))
        self.network_.load_state_dict(state)

    def _network(self, width: int, n_classes: int, n_speakers: int) -> Adversarial:
        from sabench_plugins.adapters._adversarial import Adversarial

        return Adversarial(width, self.units, n_classes, n_speakers, self.dropout).eval()


@hookimpl
def sabench_adapters() -> dict[str, type[Dat]]:
    """Offer `dat`."""
    return {"dat": Dat}
