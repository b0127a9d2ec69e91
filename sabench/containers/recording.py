"""One audio file, judged and opened once, from which segments are read."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from sabench.containers.decoder import Decoder
from sabench.containers.held import Damaged, Held
from sabench.containers.inspecting import CHECKED_FORMATS, inspect
from sabench.errors import AudioError

END_TOLERANCE_S: Final = 0.1
"""[guess] How far the end of a segment may lie behind the end of its file: label files round."""
RATES: Final = (1_000, 768_000)
"""Sampling rates in Hz of recordings, from far below the telephone to the fastest converters."""
MOST_VALUES: Final = 2**28
"""[guess] Samples times channels of one utterance: 1 GiB, more than four hours at 16 kHz."""


class UnreadableAudio(AudioError):
    """One audio file that cannot be used.

    Attributes:
        path: the file.
        reason: what is wrong with it, without its name.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")

    def __reduce__(self) -> tuple[type[UnreadableAudio], tuple[Path, str]]:
        # Exceptions are pickled by their message alone; this one crosses processes with both parts.
        return type(self), (self.path, self.reason)


class Recording:
    """An audio file; segments that are asked for in the order of their starts cost one decoding of it together.

    Args:
        path: WAV, FLAC, OGG, MP3, AIFF, AU, W64, RF64, NIST or CAF.

    Attributes:
        path: of the file.
        remark: what its user should know of its header; empty where all is well.

    Raises:
        UnreadableAudio: the file is missing, empty, cut short, no audio, or its header is beyond belief.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self.path = Path(path)
        held = _inspected(self.path)
        self.remark = held.remark
        try:
            self._decoder = Decoder(self.path, held.corrections)
        except soundfile.LibsndfileError as error:
            raise _undecodable(self.path, error) from error
        if reason := _unusable(self._decoder, held):
            self.close()
            raise UnreadableAudio(self.path, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def sampling_rate(self) -> int:
        """In Hz."""
        return self._decoder.sampling_rate

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()

    def segment(self, start_s: float = 0.0, end_s: float | None = None) -> np.ndarray:
        """Return the samples of a segment, float32 of shape `(channels, samples)`.

        Args:
            start_s: where it starts, in seconds.
            end_s: where it ends, in seconds; None or NaN for the end of the file.

        Raises:
            UnreadableAudio: the file is shorter than the segment, or cannot be decoded there.
        """
        import soundfile

        first, last = self._bounds(start_s, end_s)
        try:
            frames = self._decoder.frames(first, last)
        except soundfile.LibsndfileError as error:
            raise _undecodable(self.path, error) from error
        if len(frames) != last - first:
            raise self._unreadable(
                f"is truncated: its header promises {last - first} samples here and {len(frames)} can be decoded; "
                "restore it from the original."
            )
        if not np.isfinite(frames).all():
            raise self._unreadable("holds samples that are not numbers (NaN or infinite); restore it.")
        return np.ascontiguousarray(frames.T)

    def _bounds(self, start_s: float, end_s: float | None) -> tuple[int, int]:
        """Return the first frame of a segment, and the one behind its last."""
        rate, n_frames = self.sampling_rate, self._decoder.n_frames
        first = round(start_s * rate)
        last = n_frames if end_s is None or math.isnan(end_s) else round(end_s * rate)
        if last > n_frames + END_TOLERANCE_S * rate:
            lasts = f"lasts {n_frames / rate:.3f} s"
            raise self._unreadable(f"{lasts}, but the segment ends at {end_s:.3f} s; correct the segment.")
        last = min(last, n_frames)
        if not 0 <= first < last:
            raise self._unreadable(
                f"has no samples between {start_s:.3f} s and {last / rate:.3f} s "
                f"(it lasts {n_frames / rate:.3f} s); correct the segment."
            )
        if (last - first) * self._decoder.channels > MOST_VALUES:
            hours = (last - first) / rate / 3600
            raise self._unreadable(f"is one utterance of {hours:.1f} hours by its header; cut it into utterances.")
        return first, last

    def _unreadable(self, reason: str) -> UnreadableAudio:
        return UnreadableAudio(self.path, reason)


def _inspected(path: Path) -> Held:
    try:
        if path.is_dir():
            raise UnreadableAudio(path, "is a folder; expected an audio file.")
        return inspect(path)
    except Damaged as error:
        raise UnreadableAudio(path, str(error)) from error
    except FileNotFoundError as error:
        gone = f"is a link to {path.readlink()}, which is not there" if path.is_symlink() else "is not there"
        raise UnreadableAudio(path, f"{gone}; restore it, or correct the label file.") from error
    except OSError as error:
        raise UnreadableAudio(path, f"cannot be read ({error.strerror}).") from error


def _unusable(decoder: Decoder, held: Held) -> str:
    """Return why a file must not be used by its header; empty where it may."""
    if decoder.format not in CHECKED_FORMATS:
        reason = f"is in the format {decoder.format}, which does not tell whether a file is whole"
        return f"{reason}; convert it to WAV or FLAC."
    if not RATES[0] <= decoder.sampling_rate <= RATES[1]:
        return (
            f"has a sampling rate of {decoder.sampling_rate} Hz by its header; expected {RATES[0]} to {RATES[1]} Hz. "
            "Restore it from the original."
        )
    if held.samples is not None and decoder.n_frames not in held.samples:
        return (
            f"has frames for {held.samples[-1]} samples, and the decoder guesses {decoder.n_frames}, since no header "
            "tells their number; decode all of it into a new WAV or FLAC file."
        )
    if decoder.n_frames == 0:
        return "holds no audio (a header without samples); restore it from the original."
    return ""


def _undecodable(path: Path, error: Any) -> UnreadableAudio:
    reason = f"cannot be decoded as audio ({error.error_string.strip().rstrip('.')}); restore it from the original"
    return UnreadableAudio(path, f"{reason}, or convert it to WAV or FLAC.")
