"""openSMILE's functionals, by one engine a process.

The public `opensmile.Smile` reads its configuration anew for every signal, a fifth of the time of a short utterance.
The engine beneath it can be reset instead; tests hold it to the public class's values.
"""

from __future__ import annotations

import functools
import math
import threading
from pathlib import Path

import numpy as np

from sabench import FeatureError

FULL_SCALE = 32768


def functionals(signal: np.ndarray, sampling_rate: int, *, feature_set: str, shortest_s: float) -> np.ndarray:
    """Return openSMILE's functionals of a signal, float32 of shape `(n_features,)`.

    Args:
        signal: float32 of shape `(channels, samples)` in [-1, 1]; mixed down to mono.
        sampling_rate: in Hz.
        feature_set: name of an `opensmile.FeatureSet`.
        shortest_s: the longest frame of the set; a shorter signal is padded with zeros to that.

    Raises:
        FeatureError: an empty signal, or one of which openSMILE makes nothing.
    """
    samples = as_int16(signal)
    if not len(samples):
        msg = "the signal is empty; features need at least one sample."
        raise FeatureError(msg)
    lacking = math.ceil(shortest_s * sampling_rate) - len(samples)
    engine = _engine(feature_set, sampling_rate)
    values = engine.run(np.pad(samples, (0, max(lacking, 0))))
    if values is None:
        msg = f"openSMILE gave no functionals of {len(samples)} samples at {sampling_rate} Hz."
        raise FeatureError(msg)
    return values


def as_int16(signal: np.ndarray) -> np.ndarray:
    """Return a signal as mono 16 bit samples, the way opensmile rounds, but clipped where it would wrap around."""
    scaled = signal.mean(axis=0, dtype=np.float32) * FULL_SCALE
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


class _Engine:
    """An initialised openSMILE that takes one signal after the other."""

    def __init__(self, feature_set: str, sampling_rate: int) -> None:
        import opensmile
        from opensmile.core.config import config
        from opensmile.core.lib import OpenSMILE

        root = Path(opensmile.__file__).parent / "core" / config.CONFIG_ROOT
        self._source = config.EXTERNAL_SOURCE_COMPONENT
        self._sink = config.EXTERNAL_OUTPUT_COMPONENT
        self._lock = threading.Lock()
        self._smile = OpenSMILE()
        self._smile.initialize(
            str(root / (opensmile.FeatureSet[feature_set].value + config.CONFIG_EXT)),
            {
                "source": root / config.EXTERNAL_INPUT_CONFIG,
                "sink": root / config.EXTERNAL_OUTPUT_SINGLE_CONFIG,
                "sinkLevel": opensmile.FeatureLevel.Functionals.value,
                "bufferModeRbConf": root / "shared/BufferModeRb.conf.inc",
                "frameModeFunctionalsConf": root / "shared/FrameModeFunctionals.conf.inc",
                "sampleRate": sampling_rate,
                "nBits": 16,
            },
            loglevel=0,
        )

    def run(self, samples: np.ndarray) -> np.ndarray | None:
        """Return functionals of mono 16 bit samples, or None where there is not one frame."""
        received: list[np.ndarray] = []
        with self._lock:
            self._smile.external_sink_set_callback(self._sink, lambda values: received.append(values.copy()))
            self._smile.external_audio_source_write_data(self._source, samples.tobytes())
            self._smile.external_audio_source_set_eoi(self._source)
            self._smile.run()
            self._smile.reset()  # it forgets its callbacks with it
        return received[-1].astype(np.float32, copy=False) if received else None


@functools.cache
def _engine(feature_set: str, sampling_rate: int) -> _Engine:
    return _Engine(feature_set, sampling_rate)
