"""A network enrolled for one speaker."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sabench import FeatureView
from sabench_plugins.neural.fast.folded import Biases, FoldedNetwork
from sabench_plugins.neural.levels import level_of
from sabench_plugins.neural.sequences import batches, padded


@dataclass(frozen=True)
class NetworkPredictor:
    """Class probabilities of whole utterances.

    Attributes:
        network: ready to predict.
        biases: those of the main network for this speaker.
        neutral: TwoChannel's neutral utterances; probabilities are averaged over them. [guess]
        level: mean frame of the speaker, taken off every frame, shape `(bins,)`; None for nothing.
    """

    network: FoldedNetwork
    biases: Biases
    neutral: tuple[np.ndarray, ...] = ()
    level: np.ndarray | None = None

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n_utterances, n_classes)`, in batches whose make-up changes nothing."""
        out = np.zeros((len(features), self.network.classes))
        with torch.inference_mode(), exact_products():
            for part, arrays in batches(features, self.network.device):
                lengths = np.array([max(1, len(array)) for array in arrays])
                out[part] = self._probabilities(self._inputs(arrays), lengths)
        return out

    def _inputs(self, arrays: list[np.ndarray]) -> list[Tensor]:
        """Return the batch, once for each neutral utterance of TwoChannel."""
        device = self.network.device
        x = padded(arrays if self.level is None else [array - self.level for array in arrays], device)
        if not self.neutral:
            return [x]
        return [torch.cat((x, padded(aligned(neutral, arrays), device)), dim=1) for neutral in self.neutral]

    def _probabilities(self, inputs: list[Tensor], lengths: np.ndarray) -> np.ndarray:
        each = [self.network.probabilities(x, self.biases, lengths).double().cpu().numpy() for x in inputs]
        mean = np.mean(each, axis=0)
        return mean / mean.sum(axis=1, keepdims=True)


def predictor_for(network: FoldedNetwork, neutral: FeatureView, *, subtract: bool = False) -> NetworkPredictor:
    """Return a predictor for the speaker of some neutral utterances (of nobody for ResNet)."""
    with torch.inference_mode(), exact_products():
        level = level_of(neutral) if subtract else None
        if network.embedder is not None:
            return NetworkPredictor(network, network.main.biases(mean_embedding(network, neutral)), level=level)
        arrays = tuple(np.asarray(array) for array in neutral) if network.channels > 1 else ()
        return NetworkPredictor(network, network.main.biases(), arrays, level)


def mean_embedding(network: FoldedNetwork, neutral: FeatureView) -> Tensor:
    """Return the embedding of a speaker, shape `(embedding,)`: the mean over whole neutral utterances."""
    embeddings = [
        network.embed(padded(arrays, network.device), np.array([max(1, len(array)) for array in arrays]))
        for _, arrays in batches(neutral, network.device)
    ]
    return torch.cat(embeddings).mean(dim=0)


def aligned(neutral: np.ndarray, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Return a neutral utterance repeated or cropped to the length of each utterance: a [guess].

    >>> aligned(np.array([[1.0], [2.0]]), [np.zeros((3, 1))])[0].ravel().tolist()
    [1.0, 2.0, 1.0]
    """
    return [np.resize(neutral, (len(array), array.shape[1])) for array in arrays]


def exact_products() -> AbstractContextManager[None]:
    """Return a context without TF32, whose rounding would make predictions depend on their batch."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
