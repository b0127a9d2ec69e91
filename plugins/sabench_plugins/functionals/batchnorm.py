"""The small network with batch normalisation, and its adaptation to the utterances of one speaker."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import FeatureView
from sabench_plugins.functionals.network import Perceptron


class Norm(nn.BatchNorm1d):
    """Batch normalisation that takes a batch of one as it would at test: one utterance has no variance."""

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` normalised, shape `(n, units)`."""
        if self.training and len(x) == 1:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(x)


class BatchNormPerceptron(Perceptron):
    """Two hidden layers, each normalised before its ReLU; unconditioned."""

    def __init__(self, width: int, units: int, n_classes: int, dropout: float) -> None:
        super().__init__(width, units, n_classes, dropout, "none")
        self.first_norm, self.second_norm = Norm(units), Norm(units)

    def encode(self, x: Tensor, neutral: Tensor, /) -> Tensor:
        """Return the last hidden layer, shape `(n, units)`; `neutral` is not looked at."""
        hidden = self.dropout(self.first_norm(self.first((x - self.mean) / self.scale)).relu())
        return self.second_norm(self.second(hidden)).relu()

    def logits(self, x: Tensor) -> Tensor:
        """Return logits of emotions, shape `(n, n_classes)`."""
        return self(x, self.mean[None])


def adapted(network: BatchNormPerceptron, heard: FeatureView, source_weight: float) -> BatchNormPerceptron:
    """Return a copy whose statistics are those of some utterances, layer after layer.

    Args:
        network: trained; it stays as it is.
        heard: functionals, `n` utterances. With fewer than two, and no weight on training, the copy is unchanged.
        source_weight: of the statistics of training, counted in utterances, beside those of the `n`.
    """
    own = copy.deepcopy(network).eval()
    if len(heard) < (1 if source_weight else 2):
        return own
    x = torch.from_numpy(heard.stack())
    with torch.no_grad():
        # The second layer is met by what the first makes of the new statistics.
        first = own.first((x - own.mean) / own.scale)
        _take_statistics(own.first_norm, first, source_weight)
        _take_statistics(own.second_norm, own.second(own.first_norm(first).relu()), source_weight)
    return own


def _take_statistics(norm: Norm, x: Tensor, source_weight: float) -> None:
    """Mix the statistics of training and of `x`, weighted by `source_weight` and the number of rows."""
    assert norm.running_mean is not None  # noqa: S101  (it tracks them)
    assert norm.running_var is not None  # noqa: S101
    share = len(x) / (len(x) + source_weight)
    variance, mean = torch.var_mean(x, dim=0, correction=0)
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance, share)


def least_entropy(network: BatchNormPerceptron, heard: FeatureView, steps: int, learning_rate: float) -> None:
    """Move factors and offsets of the normalisation so that predictions of some utterances are more certain.

    Args:
        network: changed in place; all other weights stay.
        heard: functionals of the utterances, all in one batch.
        steps: of Adam.
        learning_rate: of Adam.
    """
    if not len(heard):
        return
    x = torch.from_numpy(heard.stack())
    trained = [*network.first_norm.parameters(), *network.second_norm.parameters()]
    optimiser = torch.optim.Adam(trained, learning_rate)
    # Enrolment may run where gradients are off; dropout stays off, so that nothing is drawn.
    with torch.enable_grad():
        for _ in range(steps):
            log_p = network.logits(x).log_softmax(dim=1)
            entropy = -(log_p.exp() * log_p).sum(dim=1).mean()
            for weights, gradient in zip(trained, torch.autograd.grad(entropy, trained), strict=True):
                weights.grad = gradient
            optimiser.step()
    for weights in trained:
        weights.grad = None
