"""openSMILE's functionals, by one engine a process.

The public `opensmile.Smile` reads its configuration anew for every signal, a fifth of the time of a short utterance.
The engine beneath it can be reset instead; tests hold it to the public class's values. It is one module of the package
that needs no other, and is loaded alone: the package imports pandas and more for frames and files, which takes longer
than the features of several utterances.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import threading
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np

from sabench import FeatureError

FULL_SCALE = 32768
_CONFIGURATIONS: Final = {"eGeMAPSv02": "egemaps/v02/eGeMAPSv02.conf", "IS09": "is09-13/IS09_emotion.conf"}
"""Files of feature sets, by their names in `opensmile.FeatureSet`."""
_SOURCE: Final = "extsource"
_SINK: Final = "extsink"


def functionals(signal: np.ndarray, sampling_rate: int, *, feature_set: str, shortest_s: float) -> np.ndarray:
    """Return openSMILE's functionals of a signal, float32 of shape `(n_features,)`.

    Args:
        signal: float32 of shape `(channels, samples)` in [-1, 1]; mixed down to mono.
        sampling_rate: in Hz.
        feature_set: `eGeMAPSv02` or `IS09`.
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
        core = _core()
        root = core / "config"
        self._lock = threading.Lock()
        self._smile = _module(core / "lib.py").OpenSMILE()
        self._smile.initialize(
            str(root / _CONFIGURATIONS[feature_set]),
            {
                "source": root / "shared/standard_external_wave_input.conf.inc",
                "sink": root / "shared/standard_external_data_output_single.conf.inc",
                "sinkLevel": "func",
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
            self._smile.external_sink_set_callback(_SINK, lambda values: received.append(values.copy()))
            self._smile.external_audio_source_write_data(_SOURCE, samples.tobytes())
            self._smile.external_audio_source_set_eoi(_SOURCE)
            self._smile.run()
            self._smile.reset()  # it forgets its callbacks with it
        return received[-1].astype(np.float32, copy=False) if received else None


@functools.cache
def _engine(feature_set: str, sampling_rate: int) -> _Engine:
    return _Engine(feature_set, sampling_rate)


def _core() -> Path:
    """Return the folder of openSMILE's engine and configurations, without importing its package."""
    package = importlib.util.find_spec("opensmile")
    if package is None or package.origin is None:
        msg = "No module named 'opensmile'"
        raise ModuleNotFoundError(msg, name="opensmile")
    return Path(package.origin).parent / "core"


@functools.cache
def _module(file: Path) -> ModuleType:
    """Return the module in a file, which imports nothing of the package that it lies in."""
    spec = importlib.util.spec_from_file_location(f"{__name__}_{file.stem}", file)
    assert spec is not None and spec.loader is not None  # noqa: PT018, S101  (it ends in .py)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
