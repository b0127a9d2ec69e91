"""espeak-ng through ctypes.

Its output depends on what was said before: a fresh process per speaker gives the same bytes. Breathy voices
never do, since their noise follows the clock whatever the seed of the C library; they are left out.
"""

from __future__ import annotations

import ctypes
import math
import os

import numpy as np

# speak_lib.h of espeak-ng 1.52
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_UTF8 = 1
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Voice:
    """One voice of espeak-ng.

    A process makes at most one: espeak-ng keeps global state, and this moves to its folder, because
    it truncates paths to its data beyond 160 characters.
    """

    def __init__(self, name: str) -> None:
        import espeakng_loader

        self._chunks: list[bytes] = []
        self._callback = _Callback(self._receive)
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        os.chdir(os.path.dirname(espeakng_loader.get_data_path()))
        self.sampling_rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, b".", _DONT_EXIT))
        if self.sampling_rate <= 0:
            msg = "espeak-ng found no data; install espeakng-loader again."
            raise RuntimeError(msg)
        self._library.espeak_SetSynthCallback(self._callback)
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            msg = f"espeak-ng has no voice {name!r}."
            raise RuntimeError(msg)

    def _receive(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))
        return 0

    def say(self, text: str, *, pitch_ratio: float, pitch_range: float, rate_wpm: float) -> np.ndarray:
        """Return speech as float64 in [-1, 1], shape `(samples,)`, at `sampling_rate`.

        Args:
            text: what is said.
            pitch_ratio: pitch before intonation, relative to the voice's own; espeak-ng goes one octave up or down.
            pitch_range: range of intonation relative to the voice's own, at most 2.
            rate_wpm: words a minute, 80 to 450.
        """
        self._chunks.clear()
        self._set(_VOLUME, 100)
        self._set(_PITCH, _bounded(50 + 50 * math.log2(max(pitch_ratio, 0.5)), 0, 100))
        self._set(_RANGE, _bounded(50 * pitch_range, 0, 100))
        self._set(_RATE, _bounded(rate_wpm, 80, 450))
        data = text.encode() + b"\0"
        size = ctypes.c_size_t(len(data))
        self._library.espeak_Synth(data, size, 0, 1, 0, _UTF8, None, None)
        return np.frombuffer(b"".join(self._chunks), dtype=np.int16) / 32768.0

    def _set(self, parameter: int, value: int) -> None:
        self._library.espeak_SetParameter(parameter, value, 0)


def _bounded(value: float, low: int, high: int) -> int:
    return min(max(round(value), low), high)
