"""Speech models of transformers: any by its name on Hugging Face's hub, or in a folder."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sabench import FeatureError, FeatureExtractor, hookimpl
from sabench_plugins.features import _hub
from sabench_plugins.features._pretrained import RATE, PretrainedFeatures
from sabench_plugins.features._unnamed import CHECKS_OF_EXTRACT
from sabench_plugins.references import WOLF_2020

if TYPE_CHECKING:
    import numpy as np
    import torch


# No `from __future__ import annotations` here: see `PretrainedFeatures`.
@dataclass(kw_only=True, eq=False, repr=False)
class HuggingFace(PretrainedFeatures):
    """Outputs of the transformer layers of a speech model of transformers, the mean over time by default.

    A folder is what `save_pretrained` writes: config.json, preprocessor_config.json and weights in safetensors; the
    content of these files is part of a run's identity. A name on the hub is fetched once into the cache of Hugging
    Face (`HF_HOME`); its commit is part of the identity. Pickled weights and models that bring code are refused. Of a
    model with a decoder, such as Whisper, the encoder is used. Licences are those of each model.

    Utterances are computed one by one, so that none depends on others; one that is longer than `longest_s` is cut
    into equal pieces whose frames are joined.

    Args:
        model: a folder, or a name such as `facebook/wav2vec2-base`.
        revision: branch, tag or commit on the hub.
        layer: [guess] `mean` over all transformer layers; a number from 1, or from -1 for the last; or a list of
            numbers, whose outputs stand side by side.
        pooling: [guess] `mean` over time, `mean-sd` for the standard deviation behind it, `frames` for all frames (a
            sequence).
        dtype: of the model; `float16` and `bfloat16` for graphics cards alone.
        device: `auto` for a graphics card where torch sees one.
        longest_s: seconds of speech that are computed at once.
        also_trained_on: names of datasets that the weights have seen, beside those that are known of the model; runs
            on them are marked contaminated.
    """

    name = "hf"
    title = "speech model of transformers, from a folder or the hub"
    libraries = ("torch", "transformers")
    references = (WOLF_2020,)
    expected_failed_checks: ClassVar[Mapping[str, str]] = dict.fromkeys(
        CHECKS_OF_EXTRACT,
        "no model is named; check it with --set model=FOLDER",
    )

    model: str | None = None
    revision: str = "main"

    def __post_init__(self) -> None:
        if self.model is None:
            self.settle()
        else:
            self.settle(_hub.seen(self.model), _hub.identity(self.model, self.revision))
            vars(self)["expected_failed_checks"] = {}

    def load(self) -> None:
        """Have the weights in this process."""
        self._loaded()

    def layers(self, samples: "np.ndarray") -> "Sequence[torch.Tensor]":
        """Return the output of every transformer layer, shape `(n_frames, width)`, of mono samples at 16 kHz."""
        network, processor = self._loaded()
        processed = processor(samples, sampling_rate=RATE, return_tensors="pt")
        weight = next(network.parameters())
        inputs = {
            name: value.to(weight.device, weight.dtype) if value.is_floating_point() else value.to(weight.device)
            for name, value in processed.items()
        }
        outputs = network(**inputs, output_hidden_states=True).hidden_states[1:]
        spoken = min(len(samples) / getattr(processor, "n_samples", len(samples)), 1.0)  # Whisper pads to 30 s
        return [output[0, : max(math.ceil(output.shape[1] * spoken), 1)] for output in outputs]

    def _loaded(self) -> _hub.Loaded:
        if self.model is None:
            msg = "hf needs a model: name a folder or a model of Hugging Face's hub with --set hf.model=MODEL."
            raise FeatureError(msg)
        return _hub.loaded(self.model, self.revision, self.resolved_device, self.dtype)


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {HuggingFace.name: HuggingFace}
