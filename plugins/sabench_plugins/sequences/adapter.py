"""What small networks share that work on functionals and on sequences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import numpy as np
from pydantic import Field

from sabench import Context, Cost, Enrolment, FeatureView, Predictor, Utterances
from sabench_plugins.functionals.adapter import FunctionalsAdapter

if TYPE_CHECKING:
    from sabench_plugins.sequences.frames import FrameClassifier

FLOPS: Final = 50e9
"""Floating point operations a second of a thread: 75e9 were measured on a processor with AVX-512 (40 bands, 64
channels, 32 crops a step), taken down by a third for others."""


# No `from __future__ import annotations` here: see `FunctionalsAdapter`.
@dataclass(kw_only=True, eq=False, repr=False)
class SmallNetwork(FunctionalsAdapter):
    """A small network: two hidden layers on functionals, or a time-delay network with statistics pooling on sequences.

    Sizes and training are [guess], and the same for both kinds of features.

    Attributes:
        channels: of the layers over time; on functionals there are none.
        crop_frames: the most frames of an utterance that a step of training sees, from a random one on; at test all
            are seen. On functionals there are none.
    """

    accepts: ClassVar[tuple[str, ...]] = ("functionals", "sequences")
    libraries: ClassVar[tuple[str, ...]] = (*FunctionalsAdapter.libraries, "sabench_plugins.sequences.training")
    adapts: ClassVar[str | Mapping[str, str]] = {"functionals": "mlp", "sequences": "tdnn"}

    work: ClassVar[float] = 1.0
    """What a step costs, in steps for emotions alone."""

    channels: Annotated[int, Field(ge=1)] = 64
    crop_frames: Annotated[int, Field(ge=1)] = 300

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Train the network."""
        if train.features[0].ndim == 1:
            super().fit(train, validation, context=context)
        else:
            self._fit_frames(train, validation, context)

    def enrol(self, enrolment: Enrolment) -> Predictor:
        """Return the network: a speaker changes nothing."""
        from sabench_plugins.sequences.frames import FrameClassifier

        if isinstance(self.network_, FrameClassifier):
            return SequencePredictor(self.network_)
        return super().enrol(enrolment)

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the number of steps, and on sequences from their arithmetic."""
        steps = super().cost(lengths, width, n_classes, device=device, threads=threads).seconds * self.work
        if not (lengths > 1).any():
            return Cost(steps)
        # Multiplications and additions of a frame; a backward pass costs twice the forward one.
        a_frame = 2 * self.channels * (5 * width + 6 * self.channels)
        trained = 3 * self.work * self.epochs * np.minimum(lengths, self.crop_frames).sum()
        scored = (self.epochs / 3 + 1) * lengths.sum()
        return Cost(steps + float(trained + scored) * a_frame / FLOPS)

    def load(self, folder: Path) -> None:
        """Read weights and scaling."""
        from safetensors.torch import load_file

        state = load_file(folder / "network.safetensors")
        build = self._network if "first.weight" in state else self._frame_network
        network: Any = build(len(state["mean"]), len(state["emotion.bias"]))
        network.load_state_dict(state)
        self.network_ = network

    def _fit_frames(
        self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], context: Context
    ) -> None:
        import torch

        from sabench_plugins.sequences.training import SequenceTraining

        torch.manual_seed(context.seed)
        network: Any = self._frame_network(train.features.width, len(train.classes))
        objective = self._objective(train)
        SequenceTraining(network, train, validation, self._schedule(), context, objective, self.crop_frames).run()
        self.network_ = network

    def _frame_network(self, width: int, n_classes: int) -> "FrameClassifier":
        from sabench_plugins.sequences.tdnn import Tdnn

        return Tdnn(width, self.channels, self.units, n_classes, self.dropout).eval()


@dataclass(frozen=True)
class SequencePredictor:
    """The network, for whomever it is.

    Attributes:
        network: trained.
    """

    network: "FrameClassifier"

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n, n_classes)`."""
        return self.network.probabilities(features)
