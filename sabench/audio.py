"""Audio files to arrays. Decoding is libsndfile's; what it passes over in silence is refused here."""

from __future__ import annotations

import hashlib
import math
import struct
from pathlib import Path
from typing import IO, Final

import numpy as np

from sabench.errors import AudioError

TARGET_RATE: Final = 16_000
"""Hz at which features are computed."""
END_TOLERANCE_S: Final = 0.1
"""[guess] How far the end of a segment may lie behind the end of its file: label files round."""
HEADER_TOLERANCE_BYTES: Final = 64
"""[guess] What a WAV header may promise too much: some writers count the header itself (44 bytes, 1.4 ms)."""
_UNKNOWN_LENGTH: Final = 0xFFFFFFFF  # what programs write that stream into a pipe


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


def read(path: Path, start_s: float = 0.0, end_s: float | None = None) -> tuple[np.ndarray, int]:
    """Return the samples of a file or of a segment of it, reading no more than the segment.

    Args:
        path: WAV, FLAC, OGG, MP3 or what else libsndfile decodes.
        start_s: where the segment starts, in seconds.
        end_s: where it ends, in seconds; None or NaN for the end of the file.

    Returns:
        Signal, float32 of shape `(channels, samples)` in [-1, 1], and sampling rate in Hz.

    Raises:
        AudioError: the file is missing, empty, truncated, no audio, or shorter than the segment.
    """
    import soundfile

    path = Path(path)
    _refuse_unusable_file(path)
    try:
        with soundfile.SoundFile(path) as file:
            first, last = _frames(path, start_s, end_s, file.samplerate, file.frames)
            file.seek(first)
            signal = np.ascontiguousarray(file.read(last - first, dtype="float32", always_2d=True).T)
            sampling_rate = int(file.samplerate)
    except soundfile.LibsndfileError as error:
        reason = f"cannot be decoded as audio ({error.error_string.strip().rstrip('.')}); restore it from the original"
        raise UnreadableAudio(path, f"{reason}, or convert it to WAV or FLAC.") from error
    _refuse_unusable_signal(path, signal, last - first)
    return signal, sampling_rate


def signal_digest(signal: np.ndarray, sampling_rate: int) -> str:
    """Return the SHA-256 of decoded samples, their shape and sampling rate, as hexadecimal digits.

    >>> digest(np.zeros((1, 2), np.float32), 16000)[:8]
    'e5186397'
    """
    content = hashlib.sha256(f"{signal.shape}@{sampling_rate}".encode())
    content.update(np.ascontiguousarray(signal, dtype="<f4").data)
    return content.hexdigest()


def at(signal: np.ndarray, sampling_rate: int, target_rate: int = TARGET_RATE) -> np.ndarray:
    """Return a signal mixed down to mono at another sampling rate, float32 of shape `(1, samples)`.

    Resampling is polyphase with scipy's low-pass filter (Kaiser window, beta 5).

    >>> at(np.array([[0.0, 1.0], [1.0, 0.0]], np.float32), 16000).tolist()
    [[0.5, 0.5]]
    """
    mono = np.ascontiguousarray(signal.mean(axis=0, keepdims=True, dtype=np.float32))
    if sampling_rate == target_rate:
        return mono
    # Not torchaudio: a wheel of it that does not match torch's cannot even be imported.
    from scipy.signal import resample_poly

    shared = math.gcd(sampling_rate, target_rate)
    resampled: np.ndarray = resample_poly(mono, target_rate // shared, sampling_rate // shared, axis=1)
    return np.ascontiguousarray(resampled, dtype=np.float32)


def load_signal(path: Path, start_s: float = 0.0, end_s: float | None = None) -> tuple[np.ndarray, int]:
    """Return the signal that `FeatureExtractor.extract` is handed of a file or of a segment of it.

    Args:
        path: an audio file.
        start_s: where the segment starts, in seconds.
        end_s: where it ends, in seconds; None or NaN for the end of the file.

    Returns:
        Mono signal, float32 of shape `(1, samples)`, and its sampling rate, 16 kHz.

    Raises:
        AudioError: the audio cannot be read.
    """
    signal, sampling_rate = read(path, start_s, end_s)
    return at(signal, sampling_rate), TARGET_RATE


heard = load_signal
"""The name of `load_signal` before 0.2; it goes in the version after that."""


def _frames(path: Path, start_s: float, end_s: float | None, sampling_rate: int, n_frames: int) -> tuple[int, int]:
    if n_frames == 0:
        raise UnreadableAudio(path, "holds no audio (a header without samples); restore it from the original.")
    duration_s = n_frames / sampling_rate
    first = round(start_s * sampling_rate)
    last = n_frames if end_s is None or math.isnan(end_s) else round(end_s * sampling_rate)
    if last > n_frames + END_TOLERANCE_S * sampling_rate:
        reason = f"lasts {duration_s:.3f} s, but the segment ends at {end_s:.3f} s; correct the segment."
        raise UnreadableAudio(path, reason)
    last = min(last, n_frames)
    if not 0 <= first < last:
        reason = (
            f"has no samples between {start_s:.3f} s and {last / sampling_rate:.3f} s "
            f"(it lasts {duration_s:.3f} s); correct the segment."
        )
        raise UnreadableAudio(path, reason)
    return first, last


def _refuse_unusable_file(path: Path) -> None:
    if path.is_dir():
        raise UnreadableAudio(path, "is a folder; expected an audio file.")
    try:
        if path.stat().st_size == 0:
            raise UnreadableAudio(path, "is empty (0 bytes); restore it from the original.")
        with path.open("rb") as file:
            promised, present = _wav_lengths(file, path.stat().st_size)
    except FileNotFoundError as error:
        raise UnreadableAudio(path, "is not there; restore it, or correct the label file.") from error
    except OSError as error:
        raise UnreadableAudio(path, f"cannot be read ({error.strerror}).") from error
    if promised > present + HEADER_TOLERANCE_BYTES:
        reason = (
            f"is truncated: its header promises {promised} bytes of audio and {present} are there; "
            "restore it from the original."
        )
        raise UnreadableAudio(path, reason)


def _wav_lengths(file: IO[bytes], size: int) -> tuple[int, int]:
    """Return bytes of samples that a WAV header promises and bytes that are there; zeros for other formats.

    libsndfile shortens a truncated file without a word.
    """
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0, 0
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            return (0, 0) if length == _UNKNOWN_LENGTH else (length, size - file.tell())
        file.seek(length + length % 2, 1)
    return 0, 0


def _refuse_unusable_signal(path: Path, signal: np.ndarray, n_frames: int) -> None:
    if signal.shape[1] != n_frames:
        reason = (
            f"is truncated: its header promises {n_frames} samples here and {signal.shape[1]} can be decoded; "
            "restore it from the original."
        )
        raise UnreadableAudio(path, reason)
    if not np.isfinite(signal).all():
        raise UnreadableAudio(path, "holds samples that are not numbers (NaN or infinite); restore it.")
