"""Extractors that break one promise each: (check that must catch it, class, words of its message)."""

from __future__ import annotations

import threading

import numpy as np

from tests.checks.honest import Loudness


class Untitled(Loudness):
    title = " "


class Halving(Loudness):
    def __init__(self, parts: int = 4) -> None:
        self.parts = parts // 2


class Windowed(Loudness):
    def __init__(self, window: object = np.hanning) -> None:
        super().__init__()
        self.window = window


class Locked(Loudness):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Unkind(Loudness):
    kind = "embeddings"


class Doubles(Loudness):
    def extract(self, signal, sampling_rate):
        return super().extract(signal, sampling_rate).astype(np.float64)


class Framed(Loudness):
    def extract(self, signal, sampling_rate):
        return super().extract(signal, sampling_rate)[None]


class Growing(Loudness):
    def extract(self, signal, sampling_rate):
        found = super().extract(signal, sampling_rate)
        return np.append(found, np.zeros(signal.shape[1] // 4800, dtype=np.float32))


class Misjudging(Loudness):
    def expected_shape(self, duration_s):
        return (self.parts,)


class Dithering(Loudness):
    def extract(self, signal, sampling_rate):
        return super().extract(signal, sampling_rate) + np.float32(np.random.default_rng().normal())


class Buffered(Loudness):
    buffer = np.zeros(5, dtype=np.float32)

    def extract(self, signal, sampling_rate):
        self.buffer[:] = super().extract(signal, sampling_rate)
        return self.buffer


class Adjusting(Loudness):
    def extract(self, signal, sampling_rate):
        found = super().extract(signal, sampling_rate)
        self.parts = 5
        return found


class Logarithmic(Loudness):
    def extract(self, signal, sampling_rate):
        with np.errstate(all="ignore"):
            return np.concatenate([super().extract(signal, sampling_rate), [np.log(np.abs(signal).max())]]).astype("f4")


class Impatient(Loudness):
    def extract(self, signal, sampling_rate):
        if signal.shape[1] < 400:
            raise ValueError("less than a frame")
        return super().extract(signal, sampling_rate)


class Wrapping(Loudness):
    def extract(self, signal, sampling_rate):
        if np.abs(signal).max() >= 1:
            raise OverflowError("16 bits end below one")
        return super().extract(signal, sampling_rate)


class Interleaving(Loudness):
    def extract(self, signal, sampling_rate):
        extract = super().extract
        return np.concatenate([extract(channel[None], sampling_rate) for channel in signal])


class Deaf(Loudness):
    def extract(self, signal, sampling_rate):
        return super().extract(signal, 16000)


class Choosy(Loudness):
    def extract(self, signal, sampling_rate):
        return super().extract(signal, {16000: 16000}[sampling_rate])


class Preemphasising(Loudness):
    def extract(self, signal, sampling_rate):
        found = super().extract(signal, sampling_rate)
        signal *= 0.97
        return found


class Borrowing(Loudness):
    def extract(self, signal, sampling_rate):
        signal += 0.0
        return super().extract(signal, sampling_rate)


WRONG = [
    ("it_says_what_it_is", Untitled, "has the title ' '"),
    ("the_constructor_stores_its_arguments", Halving, "was given parts=2 and stores 1"),
    ("parameters_round_trip", Windowed, "cannot be written and read"),
    ("it_travels_to_a_worker", Locked, "cannot be handed to a worker process"),
    ("the_kind_is_known", Unkind, "has the kind 'embeddings'; expected functionals or sequences"),
    ("features_are_what_their_kind_promises", Doubles, "returns float64; expected float32"),
    (
        "features_are_what_their_kind_promises",
        Framed,
        r"shape \(1, 5\); functionals have the shape \(n_features,\)",
    ),
    ("the_last_axis_is_the_same_for_all", Growing, "gives 6 features of 0.3 s and 9 of 1.2 s"),
    ("the_expected_shape_is_the_real_one", Misjudging, r"expects the shape \(4,\) of 0.3 s and gives \(5,\)"),
    ("the_same_signal_gives_the_same_features", Dithering, "gives other features of the same signal the second time"),
    ("a_result_is_not_overwritten_by_the_next", Buffered, "overwrites an earlier result with the next one"),
    ("extracting_leaves_the_extractor_unchanged", Adjusting, r"changes its parameters while it extracts: \['parts'\]"),
    ("silence_is_survived", Logarithmic, "returns 1 values that are NaN or infinite"),
    (
        "very_short_clips_are_survived",
        Impatient,
        "fails on very short clips .in extract.: .*less than a frame",
    ),
    ("full_scale_is_survived", Wrapping, "fails on clipped audio .in extract.: OverflowError"),
    ("two_channels_are_taken", Interleaving, r"gives shape \(10,\) of two channels and \(5,\) of one; mix them down"),
    ("the_sampling_rate_is_honoured", Deaf, "the same features whatever the sampling rate"),
    ("the_sampling_rate_is_honoured", Choosy, "cannot take an unusual sampling rate, .*KeyError: 8000"),
    ("the_signal_is_left_as_it_was", Preemphasising, "changes the signal that it is handed"),
    (
        "the_signal_is_left_as_it_was",
        Borrowing,
        "needs to write into the signal, or changes it .in extract.:",
    ),
]
