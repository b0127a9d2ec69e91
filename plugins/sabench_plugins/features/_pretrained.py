"""What features of pretrained speech models share: which layers, how frames are pooled, on which device."""

import contextlib
import math
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from sabench import FeatureError, FeatureExtractor
from sabench_plugins.features import _spectra

if TYPE_CHECKING:
    import torch

RATE = 16_000
SHORTEST = 400
"""Samples to which a shorter signal is padded with zeros: what the first frame of wav2vec 2.0 and its kin spans."""

Layer = int | Literal["mean"] | list[int]
Pooling = Literal["mean", "mean-sd", "frames"]
Number = Literal["float32", "float16", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]
Longest = Annotated[float, Field(ge=1)]
Corpora = list[str] | None


# No `from __future__ import annotations` here: subclasses in other files inherit these fields, and
# annotations kept as text would be looked up in the wrong file.
@dataclass(kw_only=True, eq=False, repr=False)
class PretrainedFeatures(FeatureExtractor):
    """Outputs of the transformer layers of a speech model, pooled over time or frame by frame.

    A subclass is a dataclass of this kind too, and has the model among its fields.
    """

    kind = "functionals"
    hop_s = 0.020

    layer: Layer = "mean"
    pooling: Pooling = "mean"
    dtype: Number = "float32"
    device: Device = "auto"
    longest_s: Longest = 30.0
    also_trained_on: Corpora = None

    def __post_init__(self) -> None:
        self.settle()

    def settle(self, known_corpora: Sequence[str] = (), mark: str = "") -> None:
        """Derive what follows from the parameters: kind, corpora seen, and a version that tells weights apart."""
        if self.pooling == "frames":
            vars(self)["kind"] = "sequences"
        vars(self)["trained_on"] = tuple(dict.fromkeys((*known_corpora, *(self.also_trained_on or ()))))
        if mark:
            vars(self)["version"] = f"{type(self).version}-{mark}"

    @property
    def most_jobs(self) -> int | None:
        """One process where the model is on a graphics card, which several would fill with copies."""
        return None if self.resolved_device == "cpu" else 1

    @property
    def resolved_device(self) -> str:
        """The device that is used: where it is left open, a graphics card if torch sees one."""
        if self.device != "auto":
            return self.device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    def prepare(self) -> None:
        """Fetch and load the weights.

        Raises:
            FeatureError: there is no such model, or its weights cannot be fetched or read.
        """
        if self.dtype != "float32" and self.resolved_device == "cpu":
            msg = f"dtype is {self.dtype}, which is for graphics cards; on this machine's processor take float32."
            raise FeatureError(msg)
        self.load()

    @abstractmethod
    def load(self) -> None:
        """Have the weights in this process, fetched first where they are not on this machine."""

    @abstractmethod
    def layers(self, samples: np.ndarray) -> "Sequence[torch.Tensor]":
        """Return the output of every transformer layer, shape `(n_frames, width)`, of mono samples at 16 kHz."""

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return pooled outputs, shape `(width,)` or `(2 * width,)`, or frames, shape `(n_frames, width)`.

        Raises:
            FeatureError: an empty signal, another rate than 16 kHz, a layer that is not there, or weights that
                cannot be had.
        """
        import torch

        if sampling_rate != RATE:
            msg = f"the signal has {sampling_rate} Hz; the model takes {RATE} Hz. Resample it first."
            raise FeatureError(msg)
        samples = _spectra.mixed_down(signal)
        padded = np.pad(samples, (0, max(SHORTEST - len(samples), 0)))
        pieces = np.array_split(padded, math.ceil(len(padded) / (self.longest_s * RATE)))
        with torch.inference_mode(), exact_products():
            frames = torch.cat([chosen(self.layers(piece), self.layer).float() for piece in pieces])
            return pooled(frames, self.pooling).cpu().numpy()


def chosen(layers: "Sequence[torch.Tensor]", layer: Layer) -> "torch.Tensor":
    """Return the mean of all layers, one of them, or several side by side.

    Args:
        layers: outputs, each of shape `(n_frames, width)`.
        layer: `mean`, a number from 1 (or from -1, the last), or a list of numbers.

    Raises:
        FeatureError: there is no such layer.
    """
    import torch

    if layer == "mean":
        return torch.stack(list(layers)).mean(dim=0)
    numbers = layer if isinstance(layer, list) else [layer]
    bad = [number for number in numbers if not isinstance(number, int) or not 1 <= abs(number) <= len(layers)]
    if bad or not numbers:
        named = bad[0] if bad else "empty"
        msg = f"layer is {named}; the model has {len(layers)}: expected 1 to {len(layers)}, -1 for the last, or mean."
        raise FeatureError(msg)
    return torch.cat([layers[number - 1 if number > 0 else number] for number in map(int, numbers)], dim=-1)


def pooled(frames: "torch.Tensor", pooling: Pooling) -> "torch.Tensor":
    """Return the mean over frames, mean and standard deviation (that of the frames, over n), or the frames."""
    import torch

    if pooling == "frames":
        return frames
    mean = frames.mean(dim=0)
    return mean if pooling == "mean" else torch.cat([mean, frames.std(dim=0, correction=0)])


@contextlib.contextmanager
def exact_products() -> Iterator[None]:
    """Multiply float32 as such: a graphics card would otherwise round factors of convolutions to ten bits."""
    import torch

    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


@contextlib.contextmanager
def said_to_stderr() -> Iterator[None]:
    """Send what a library prints to standard error; standard output is for results."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def one_line(error: BaseException, at_most: int = 300) -> str:
    """Return what an error says, on one line and without a final stop."""
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return said if len(said) <= at_most else f"{said[:at_most]}..."


def placed(model: Any, device: str, dtype: Number) -> Any:
    """Return a model ready to be used."""
    import torch

    return model.eval().to(device=device, dtype=getattr(torch, dtype))
