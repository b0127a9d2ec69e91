"""Frames out of libsndfile: in blocks, behind a corrected header, and the same wherever one begins to read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

_BLOCK: Final = 2**18
"""Frames that are decoded at a time: a header may promise more than memory holds."""
_INEXACT: Final = ("MP3",)
"""Formats in which samples behind a jump are not those that decoding from the beginning gives."""


class Decoder:
    """An open file.

    Args:
        path: of it.
        corrections: bytes that are to stand at these offsets instead of the header's own.

    Attributes:
        format: as libsndfile calls it.
        sampling_rate: in Hz.
        channels: their number.
        n_frames: samples of each channel, by the header.

    Raises:
        soundfile.LibsndfileError: it is no audio.
    """

    def __init__(self, path: Path, corrections: Mapping[int, bytes]) -> None:
        self._path, self._corrections = path, corrections
        self._open()
        self.format = str(self._file.format)
        self.sampling_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.n_frames = int(self._file.frames)

    def _open(self) -> None:
        self._stream = None
        if self._corrections:
            self._stream = io.BufferedReader(_Corrected(self._path.open("rb"), self._corrections))
        self._file = _sound_file(self._stream or self._path)
        # A decoder that has jumped to the beginning rounds otherwise than one that has not; digests rest on the former.
        self._file.seek(0)
        self._place = 0
        self._kept = np.empty((0, self._file.channels), np.float32)  # the frames before the place

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._stream is not None:
            self._stream.close()

    def frames(self, first: int, last: int) -> np.ndarray:
        """Return frames, float32 of shape `(frames, channels)`; fewer where fewer can be decoded.

        Raises:
            soundfile.LibsndfileError: the file is damaged there.
        """
        if self.format not in _INEXACT:
            self._file.seek(first)
            return self._next(last - first)
        if first < self._place - len(self._kept):
            self.close()
            self._open()
        self._pass_over(first)
        kept = self._kept[max(len(self._kept) - (self._place - first), 0) :]
        more = self._next(max(last - self._place, 0))
        self._place += len(more)
        self._kept = np.concatenate([kept, more])
        return self._kept[: last - first]

    def _pass_over(self, first: int) -> None:
        while self._place < first and len(passed := self._next(min(_BLOCK, first - self._place))):
            self._place += len(passed)
            self._kept = passed[:0]

    def _next(self, n_frames: int) -> np.ndarray:
        blocks = [self._read(min(n_frames, _BLOCK))]
        while len(blocks[-1]) == _BLOCK and (n_frames := n_frames - _BLOCK):
            blocks.append(self._read(min(n_frames, _BLOCK)))
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def _read(self, n_frames: int) -> np.ndarray:
        signal: np.ndarray = self._file.read(n_frames, dtype="float32", always_2d=True)
        return signal


def _sound_file(source: Any) -> Any:
    """Return an open file that does not jump after every reading where jumps are inexact, as soundfile's own does."""
    import soundfile

    class Forward(soundfile.SoundFile):  # type: ignore[misc]  # untyped
        def seekable(self) -> bool:
            return self.format not in _INEXACT and bool(super().seekable())

    return Forward(source)


class _Corrected(io.RawIOBase):
    """A file whose header is corrected while it is read."""

    def __init__(self, stream: IO[bytes], corrections: Mapping[int, bytes]) -> None:
        self._stream = stream
        self._corrections = corrections

    def readinto(self, buffer: Any) -> int:
        place = self._stream.tell()
        content = bytearray(self._stream.read(len(buffer)))
        for offset, correct in self._corrections.items():
            for i, byte in enumerate(correct, start=offset - place):
                if 0 <= i < len(content):
                    content[i] = byte
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()
