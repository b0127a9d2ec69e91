"""How a network of the family is trained: every constant in one place."""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

from sabench import ParameterError

SILENCE: Final = math.log(1e-5)
"""A bin of the log-spectrogram of digital silence."""

PAPER: Final[dict[str, Any]] = {
    "width": 1.0,
    "batch_size": 16,
    "epochs": 30,
    "optimiser": "sgd",
    "learning_rate": 0.001,
    "momentum": 0.0,
    "weight_decay": 0.005,
    "schedule": "constant",
    "reduction": "sum",
    "patience": 10,
}
"""The seed's recipe at full width; what the seed does not state is marked in `Recipe`."""

SMALL: Final[dict[str, Any]] = {
    "width": 0.125,
    "stride": 2,
    "batch_size": 16,
    "epochs": 24,
    "most_steps": 1000,
    "optimiser": "sgd",
    "learning_rate": 0.03,
    "momentum": 0.9,
    "weight_decay": 0.0005,
    "schedule": "onecycle",
    "reduction": "mean",
    "patience": 0,
}
"""A narrow network that trains on a processor in a minute or two, on `SMALL_FEATURES`. Features, stride, width, rate
and epochs were chosen by validation UAR on EmoDB, of which no table reports networks with this recipe; see
`benchmarks/recipe.py`. `most_steps` is a [guess]."""

SMALL_FEATURES: Final = "logmel"
"""40 bands where the seed has 201 lines: a fifth of the arithmetic."""


# No `from __future__ import annotations` here: subclasses in other files inherit these fields, and
# annotations kept as text would be looked up in the wrong file.
@dataclass(kw_only=True, eq=False, repr=False)
class Recipe:
    """The constants of training; the defaults are the preset `paper`.

    Attributes:
        width: factor of every layer's size.
        hidden: units of the first linear layer at width 1. [guess]
        stride: of the first block, over time and frequency. The paper's is 1; 2 leaves a quarter of the arithmetic.
        crop_s: training crops, in seconds (the seed: AIBO 2, IEMOCAP 4.5); test uses whole utterances.
        hop_s: seconds from frame to frame of the features.
        padding: what fills a training crop behind a short utterance: `silence` (frames of
            `silence_level`) or `repeat` (the utterance again). [guess]
        short_crops: how training treats a crop of a short utterance. `as-at-test`: the mean over time leaves out
            what only fills it up, and TwoChannel's neutral utterance is repeated. `padded`: what fills it up
            counts, and a short neutral utterance is followed by silence. [guess]
        silence_level: value of a feature bin in digital silence; log(1e-5) for log-spectrograms.
        batch_size: utterances a step; the seed reports the best of 8, 16 and 32.
        epochs: passes over the training set, at most.
        most_steps: end with the last whole epoch within so many steps, so that a corpus ten times as large takes no ten
            times as long; 0 for no such limit. The schedule spans the epochs that are left. [guess]
        optimiser: `sgd` (the seed's), `adam` or `adamw`.
        learning_rate: the largest of the schedule.
        momentum: of `sgd`; the seed's "plain" is read as none. [guess]
        weight_decay: of all parameters.
        schedule: `constant` (the seed names none [guess]), `onecycle` (rises over the first `warmup`,
            then falls to nothing) or `cosine` (falls to nothing).
        warmup: fraction of the steps of `onecycle` that rise.
        weighting: of classes in the loss: `inverse` (N / N_k: the seed's text), `literal` (N_k / N:
            its equations 1 and 2 as printed) or `none`.
        reduction: of the loss over a batch: `sum` (the seed's equation 1) or `mean`, divided by the
            weights of the batch.
        patience: end after so many epochs without a better validation UAR; 0 never ends early. [guess]
        precision: of the products while training: `float32`, `bfloat16`, or `auto`, which is bfloat16
            where the device multiplies it natively (newer GPUs, processors with AVX512-BF16 or AMX).
            Weights, their steps and all evaluation stay in float32.
    """

    width: float = 1.0
    hidden: int = 512
    stride: int = 1
    crop_s: float = 2.0
    hop_s: float = 0.01
    padding: Literal["silence", "repeat"] = "silence"
    short_crops: Literal["as-at-test", "padded"] = "as-at-test"
    silence_level: float = SILENCE
    batch_size: int = 16
    epochs: int = 30
    most_steps: int = 0
    optimiser: Literal["sgd", "adam", "adamw"] = "sgd"
    learning_rate: float = 0.001
    momentum: float = 0.0
    weight_decay: float = 0.005
    schedule: Literal["constant", "onecycle", "cosine"] = "constant"
    warmup: float = 0.3
    weighting: Literal["inverse", "literal", "none"] = "inverse"
    reduction: Literal["sum", "mean"] = "sum"
    patience: int = 10
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        """Refuse values that no training could use.

        Raises:
            ParameterError: naming all of them.
        """
        positive = ("width", "hidden", "crop_s", "hop_s", "batch_size", "epochs", "learning_rate")
        wrong = [
            f"{name}={getattr(self, name)!r} (expected more than 0)" for name in positive if not getattr(self, name) > 0
        ]
        not_negative = ("momentum", "weight_decay", "patience", "most_steps")
        wrong += [
            f"{name}={getattr(self, name)!r} (expected 0 or more)" for name in not_negative if getattr(self, name) < 0
        ]
        if not 0 <= self.warmup < 1:
            wrong.append(f"warmup={self.warmup!r} (expected 0 or more, below 1)")
        if wrong:
            msg = f"{type(self).__name__} cannot be trained with {', '.join(wrong)}."
            raise ParameterError(msg)

    @property
    def crop_frames(self) -> int:
        """Frames of a training crop."""
        return max(1, round(self.crop_s / self.hop_s))

    def epochs_over(self, n_train: int) -> int:
        """Return the epochs of a training set of so many utterances; one at least.

        >>> Recipe(epochs=30, batch_size=16, most_steps=100).epochs_over(160)
        10
        """
        steps = -(-n_train // self.batch_size)
        return max(1, min(self.epochs, self.most_steps // steps)) if self.most_steps else self.epochs

    def rate_at(self, step: int, steps: int) -> float:
        """Return the learning rate of a step, counted from 0: a pure function, so that nothing needs storing.

        >>> recipe = Recipe(schedule="onecycle", learning_rate=1.0, warmup=0.5)
        >>> [round(recipe.rate_at(step, 10), 2) for step in (0, 5, 9)]
        [0.04, 1.0, 0.1]
        """
        if self.schedule == "constant":
            return self.learning_rate
        rising = self.warmup * steps if self.schedule == "onecycle" else 0.0
        if step < rising:
            return self.learning_rate * _cosine(1 / 25, 1.0, step / rising)
        return self.learning_rate * _cosine(1.0, 0.0, (step - rising) / (steps - rising))


def _cosine(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2
