"""Who speaks: embeddings of a pretrained speaker encoder, out of Resemblyzer's wheel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sabench import FeatureError, FeatureExtractor, PluginLoadError, hookimpl
from sabench_plugins.features import _ge2e, _spectra, _torchaudio
from sabench_plugins.references import WAN_2018

if TYPE_CHECKING:
    import numpy as np

_torchaudio.refuse_mismatch()
if _ge2e.weights_file() is None:
    _msg = (
        f"it needs the weights in the wheel of Resemblyzer. Install them alone with: {_ge2e.INSTALL} "
        "(or, with librosa and webrtcvad, which are not used: pip install 'sabench[dvector]')"
    )
    raise PluginLoadError(_msg)


class DVector(FeatureExtractor):
    """256 numbers that tell speakers apart, at least zero, of length one.

    The generalised end-to-end encoder of Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP
    2018, doi 10.1109/ICASSP.2018.8462665, as trained by Resemblyzer 0.1.4 (Apache-2.0) on LibriSpeech, VoxCeleb 1 and
    VoxCeleb 2: 40 mel bands of frames of 25 ms every 10 ms, three LSTM layers of 256, a projection to 256, ReLU, and
    length one. Speech is cut into pieces of 1.6 s, 1.3 a second, whose embeddings are averaged.

    As in Resemblyzer, a signal softer than -30 dBFS is made louder. Unlike there, pauses are not cut out: that takes
    webrtcvad. A signal shorter than a piece is padded with zeros; silence gives what the encoder makes of zeros.
    """

    name = "dvector"
    title = "speaker embedding, 256 numbers (GE2E, Resemblyzer 0.1.4)"
    kind = "functionals"
    libraries = ("torch", "torchaudio")
    references = (WAN_2018,)

    def expected_shape(self, duration_s: float) -> tuple[int, ...]:
        """Return the width of the embedding."""
        return (_ge2e.WIDTH,)

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return the embedding, shape `(256,)`.

        Raises:
            FeatureError: an empty signal, another rate than 16 kHz, or weights of another version.
        """
        if sampling_rate != _ge2e.RATE:
            msg = f"the signal has {sampling_rate} Hz; the speaker encoder takes {_ge2e.RATE} Hz. Resample it first."
            raise FeatureError(msg)
        return _ge2e.embedding(_ge2e.louder(_spectra.mixed_down(signal)))


@hookimpl
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Offer the extractor."""
    return {DVector.name: DVector}
