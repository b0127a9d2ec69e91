"""FiLM: features modulated by an embedding of the enrolment; a whole PyTorch adapter in under 60 lines of code."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sabench import Access, Adapter, Context, Enrolment, FeatureView, Utterances, hookimpl


class Film(Adapter):
    """A small network whose inputs are scaled and shifted one by one, by how the speaker sounds when neutral.

    Feature-wise modulation is that of Perez et al., "FiLM: visual reasoning with a general conditioning layer",
    AAAI 2018: the mean of the enrolled functionals gives every functional a factor and an offset. With nothing
    enrolled that mean is the training set's. Sizes and training are [guess].
    """

    name, title, stochastic = "film", "functionals modulated by an embedding of neutral utterances", True

    def __init__(self, neutral: int = 1, units: int = 64, epochs: int = 40, learning_rate: float = 0.002) -> None:
        self.neutral, self.units, self.epochs, self.learning_rate = neutral, units, epochs, learning_rate

    @property
    def access(self) -> Access:
        """Neutral utterances."""
        return Access(neutral=self.neutral)

    def fit(self, train: Utterances, validation: Any, *, context: Context) -> None:
        """Train; in each epoch an utterance meets other neutral utterances of its speaker."""
        import torch

        torch.manual_seed(context.seed)
        X, y = torch.from_numpy(train.features.stack()), torch.tensor(train.y)
        self.network_ = network(X.shape[1], len(train.classes), self.units)
        self.network_["scale"](X)
        self.network_.eval()
        loss_of = torch.nn.CrossEntropyLoss(len(y) / torch.bincount(y, minlength=len(train.classes)).clamp(min=1))
        optimiser = torch.optim.AdamW(self.network_.parameters(), self.learning_rate, weight_decay=0.1)
        for epoch in range(1, self.epochs + 1):
            rng = np.random.default_rng((context.seed, epoch))
            sound = torch.cat([self._sound(X[train.draw_rows(i, self.access, rng)[0]]) for i in range(len(y))])
            for batch in np.array_split(rng.permutation(len(y)), len(y) // 32 + 1):
                loss = loss_of(logits(self.network_, X[batch], sound[batch]), y[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            context.report(epoch=epoch, loss=loss.item())

    def enrol(self, enrolment: Enrolment) -> "Enrolled":
        """Return the network modulated for one speaker."""
        from torch import from_numpy

        return Enrolled(self.network_, self._sound(from_numpy(enrolment.neutral.stack())))

    def save(self, folder: Path) -> None:
        """Write weights and scaling."""
        from safetensors.torch import save_file

        save_file(self.network_.state_dict(), folder / "film.safetensors")

    def load(self, folder: Path) -> None:
        """Read weights and scaling."""
        from safetensors.torch import load_file

        state = load_file(folder / "film.safetensors")
        self.network_ = network(len(state["scale.running_mean"]), len(state["head.2.bias"]), self.units).eval()
        self.network_.load_state_dict(state)

    def _sound(self, X: Any) -> Any:
        return X.mean(0, keepdim=True) if len(X) else self.network_["scale"].running_mean[None]


class Enrolled(NamedTuple):
    """The network, and the mean functionals of what its speaker enrolled."""

    network: Any
    sound: Any

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`."""
        from torch import from_numpy

        return logits(self.network, from_numpy(features.stack()), self.sound).detach().softmax(dim=1).numpy()


def network(width: int, n_classes: int, units: int) -> Any:
    """Return the untrained network."""
    from torch import nn

    film = nn.Sequential(nn.Linear(width, units), nn.ReLU(), nn.Linear(units, 2 * width))
    head = nn.Sequential(nn.Linear(width, units), nn.ReLU(), nn.Linear(units, n_classes))
    # With this momentum `scale` keeps mean and variance of what it saw last while it was trained.
    return nn.ModuleDict({"scale": nn.BatchNorm1d(width, affine=False, momentum=1.0), "film": film, "head": head})


def logits(network: Any, X: Any, sound: Any) -> Any:
    """Return shape `(n, n_classes)` of functionals, each beside how its speaker sounds."""
    factor, offset = network["film"](network["scale"](sound)).chunk(2, dim=-1)
    return network["head"]((1 + factor) * network["scale"](X) + offset)


@hookimpl
def sabench_adapters() -> dict[str, type[Film]]:
    """Offer `film`."""
    return {"film": Film}
