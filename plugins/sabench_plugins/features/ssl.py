"""Self-supervised speech models by torchaudio: wav2vec 2.0, HuBERT, WavLM."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench import FeatureError, FeatureExtractor, hookimpl
from sabench_plugins.features import _torchaudio
from sabench_plugins.features._pretrained import (
    Number,
    PretrainedFeatures,
    one_line,
    placed,
    said_to_stderr,
)
from sabench_plugins.references import BAEVSKI_2020, CHEN_2022, HSU_2021

if TYPE_CHECKING:
    import numpy as np
    import torch

_torchaudio.refuse_mismatch()


# No `from __future__ import annotations` here: see `PretrainedFeatures`.
@dataclass(kw_only=True, eq=False, repr=False)
class SSL(PretrainedFeatures):
    """Outputs of the transformer layers of a model of `torchaudio.pipelines`, the mean over time by default.

    wav2vec 2.0: Baevski et al., NeurIPS 2020. HuBERT: Hsu et al., IEEE/ACM TASLP 2021. WavLM: Chen et al., IEEE JSTSP
    2022. None of torchaudio's self-supervised models has seen a corpus of emotional speech that sabench reads.

    Weights are fetched once by torchaudio into torch's hub folder (`TORCH_HOME`), and read without pickle's code.
    Utterances are computed one by one, so that none depends on others; one that is longer than `longest_s` is cut
    into equal pieces whose frames are joined.

    Args:
        model: name of a bundle, such as `WAV2VEC2_BASE`, `HUBERT_LARGE` or `WAVLM_BASE_PLUS`.
        layer: [guess] `mean` over all transformer layers; a number from 1, or from -1 for the last; or a list of
            numbers, whose outputs stand side by side.
        pooling: [guess] `mean` over time, `mean-sd` for the standard deviation behind it, `frames` for all frames,
            50 a second (a sequence).
        dtype: of the model; `float16` and `bfloat16` for graphics cards alone.
        device: `auto` for a graphics card where torch sees one.
        longest_s: seconds of speech that are computed at once.
        also_trained_on: names of datasets that the weights have seen; runs on them are marked contaminated.
    """

    name = "ssl"
    title = "self-supervised speech model of torchaudio, WAV2VEC2_BASE by default"
    libraries = ("torch", "torchaudio")
    references = (BAEVSKI_2020, HSU_2021, CHEN_2022)

    model: str = "WAV2VEC2_BASE"

    def load(self) -> None:
        """Have the weights in this process."""
        _loaded(self.model, self.resolved_device, self.dtype)

    def layers(self, samples: "np.ndarray") -> "Sequence[torch.Tensor]":
        """Return the output of every transformer layer, shape `(n_frames, width)`, of mono samples at 16 kHz."""
        import torch

        model = _loaded(self.model, self.resolved_device, self.dtype)
        weight = next(model.parameters())
        outputs, _ = model.extract_features(torch.from_numpy(samples)[None].to(weight.device, weight.dtype))
        return [output[0] for output in outputs]


@functools.lru_cache(maxsize=1)
def _loaded(name: str, device: str, dtype: Number) -> Any:
    """Return a model with its weights; one a process."""
    bundle = _bundle(name)
    try:
        with said_to_stderr():
            model = bundle.get_model(dl_kwargs={"weights_only": True, "map_location": "cpu"})
    except OSError as error:
        msg = (
            f"the weights of {name} cannot be fetched ({one_line(error)}); expected them in {_hub_file(bundle)}. "
            "Run once with a network, or copy the file there."
        )
        raise FeatureError(msg) from error
    except Exception as error:  # whatever a damaged file makes of its reader
        msg = f"{_hub_file(bundle)} does not hold the weights of {name} ({one_line(error)}). Remove it, and run again."
        raise FeatureError(msg) from error
    return placed(model, device, dtype)


def _bundle(name: str) -> Any:
    pipelines = _torchaudio.module("pipelines")
    known = {key: value for key, value in vars(pipelines).items() if isinstance(value, pipelines.Wav2Vec2Bundle)}
    if name not in known:
        msg = f"torchaudio has no speech model {name!r}; it has {', '.join(sorted(known))}."
        raise FeatureError(msg)
    if known[name].sample_rate != 16_000:
        msg = f"{name} takes {known[name].sample_rate:g} Hz; expected a model of 16000 Hz."
        raise FeatureError(msg)
    return known[name]


def _hub_file(bundle: Any) -> Path:
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / str(bundle._path).rpartition("/")[2]


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {SSL.name: SSL}
