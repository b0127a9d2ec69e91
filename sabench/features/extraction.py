"""From utterances to shards: chunks of balanced length, in worker processes where it pays."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sabench import audio
from sabench.containers.recording import Recording
from sabench.errors import AudioError, FeatureError, SabenchError, described
from sabench.features.shards import writable, write_shard
from sabench.machine import processes

if TYPE_CHECKING:
    import pandas as pd

    from sabench.interfaces.plugins import FeatureExtractor, Progress

HERE: Final = 4
"""So few utterances are faster done than handed to worker processes."""
CHUNK: Final = 16
"""Utterances a chunk; a kill costs one chunk a worker."""
MOST_CHUNKS: Final = 256
"""Chunks grow beyond that, so that a store stays one of few files."""
TOLD: Final = 3
"""So many failed utterances are told in full."""
GIVE_UP: Final = 20
"""After so many failed utterances no further ones are tried."""
_DIMENSIONS: Final = {"functionals": 1, "sequences": 2}


@dataclass(frozen=True)
class Item:
    """One utterance to be extracted; `end_s` is None for the end of the file."""

    id: str
    path: str
    start_s: float
    end_s: float | None
    digest: str

    def __str__(self) -> str:
        if self.end_s is None and not self.start_s:
            return f"utterance {self.id!r} ({self.path})"
        end = "end" if self.end_s is None else f"{self.end_s:.3f} s"
        return f"utterance {self.id!r} ({self.path}, {self.start_s:.3f} s to {end})"


class _LastRecording:
    """Keeps the last file open, since the next utterance may be a later segment of it."""

    def __init__(self) -> None:
        self._recording: Recording | None = None

    def read(self, path: Path, start_s: float, end_s: float | None) -> tuple[np.ndarray, int]:
        """Return a segment and its sampling rate; see `sabench.audio.read`."""
        if self._recording is None or self._recording.path != path:
            self.close()
            self._recording = Recording(path)
        return self._recording.segment(start_s, end_s), self._recording.sampling_rate

    def close(self) -> None:
        """Close the file."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    def __enter__(self) -> None:
        self.close()

    def __exit__(self, *_: object) -> None:
        self.close()


_last_recording = _LastRecording()


def items_of(table: pd.DataFrame) -> list[Item]:
    """Return the rows of a table as items."""
    columns = (table[name].tolist() for name in ("id", "path", "start_s", "end_s", "digest"))
    return [
        Item(str(name), str(path), float(start_s), None if math.isnan(end_s) else float(end_s), digest)
        for name, path, start_s, end_s, digest in zip(*columns, strict=True)
    ]


def extract(
    items: Sequence[Item],
    weights: np.ndarray,
    extractor: FeatureExtractor,
    name: str,
    folder: Path,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the features of all items as shards.

    Args:
        items: what to extract, no digest twice.
        weights: what each costs, in any unit; shape `(n_items,)`.
        extractor: does the work.
        name: its registered name, for messages.
        folder: where the shards go.
        jobs: worker processes; None for one a core.
        progress: told utterances done and in all.

    Raises:
        FeatureError: utterances that failed (all others are kept), or a store that cannot be written.
    """
    _prepare(extractor, name)
    most = extractor.most_jobs or len(items)
    n_workers = 1 if len(items) <= HERE else min(processes.count(jobs), len(items), most)
    failures: list[str] = []
    done = 0
    chunks = chunked(items, weights, n_workers)
    with _last_recording, closing(_results(chunks, extractor, name, folder, n_workers)) as results:
        for n_items, failed in results:
            done += n_items
            failures += failed
            if progress is not None:
                progress(done, len(items))
            if len(failures) >= GIVE_UP:
                break
    if failures:
        raise FeatureError(_told(failures, name, done))


def _prepare(extractor: FeatureExtractor, name: str) -> None:
    """Have an extractor get ready, once and in this process: many workers would fetch its weights many times."""
    try:
        extractor.prepare()
    except SabenchError:
        raise
    except ImportError as error:
        raise FeatureError(_lacking(name, error)) from error
    except Exception as error:  # a plugin may raise anything
        msg = f"Features {name!r} cannot be prepared: {described(error)}"
        raise FeatureError(msg) from error


def _lacking(name: str, error: ImportError) -> str:
    return f"Feature extractor {name!r} cannot be used: {error}. Install what is missing with pip."


def chunked(items: Sequence[Item], weights: np.ndarray, n_workers: int) -> list[list[Item]]:
    """Return items in chunks: those of a long file in the order of their starts, the others by `balanced`.

    A worker that goes through a file in order decodes it once; jumps to and fro cost a decoding each in some formats.
    """
    of_file: dict[str, list[int]] = {}
    for i, item in enumerate(items):
        of_file.setdefault(item.path, []).append(i)
    long = [rows for rows in of_file.values() if len(rows) >= CHUNK]
    size = max(CHUNK, math.ceil(sum(map(len, long)) / MOST_CHUNKS))
    chunks = []
    for rows in long:
        ordered = sorted((items[i] for i in rows), key=lambda item: item.start_s)
        chunks += [ordered[first : first + size] for first in range(0, len(ordered), size)]
    rest = np.array([i for rows in of_file.values() if len(rows) < CHUNK for i in rows], dtype=int)
    if len(rest):
        chunks += [[items[i] for i in rest[rows]] for rows in balanced(weights[rest], n_workers)]
    return chunks


def balanced(weights: np.ndarray, n_workers: int) -> list[np.ndarray]:
    """Return positions in chunks of nearly equal weight.

    >>> [chunk.tolist() for chunk in balanced(np.array([1.0, 4.0, 2.0, 3.0]), 1)]
    [[1, 3, 2, 0]]
    """
    n = len(weights)
    rounds = min(max(math.ceil(n / (CHUNK * n_workers)), 1), max(MOST_CHUNKS // n_workers, 1))
    n_chunks = min(n, rounds * n_workers)  # a multiple, so that workers end together
    heaviest_first = np.argsort(-weights, kind="stable")
    return [heaviest_first[first::n_chunks] for first in range(n_chunks)]


def _results(
    chunks: Iterable[Sequence[Item]], extractor: FeatureExtractor, name: str, folder: Path, n_workers: int
) -> Generator[tuple[int, list[str]]]:
    if n_workers == 1:
        for chunk in chunks:
            yield extract_chunk(chunk, extractor, name, folder)
        return
    with processes.pool(n_workers) as executor:
        futures = [executor.submit(extract_chunk, chunk, extractor, name, folder) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenExecutor as error:
            msg = (
                f"A worker process died while it computed {name!r} features: too little memory, or a fault in a "
                "library. Run the same command again, with --jobs 1 if it repeats; what was computed is kept."
            )
            raise FeatureError(msg) from error


def extract_chunk(chunk: Sequence[Item], extractor: FeatureExtractor, name: str, folder: Path) -> tuple[int, list[str]]:
    """Write one shard; return the number of utterances tried and a sentence for each that failed."""
    arrays: dict[str, np.ndarray] = {}
    failures: list[str] = []
    for item in chunk:
        try:
            arrays[item.digest] = extract_one(item, extractor)
        except (AudioError, FeatureError) as error:
            failures.append(f"{item}: {error}")
        except ImportError as error:
            raise FeatureError(_lacking(name, error)) from error
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything; it costs this utterance alone)
            failures.append(f"{item}: {type(error).__name__}: {error}")
    if arrays:
        with writable(folder):
            write_shard(folder, arrays)
    return len(chunk), failures


def extract_one(item: Item, extractor: FeatureExtractor) -> np.ndarray:
    """Return the features of one utterance, held to the extractor's contract.

    Raises:
        AudioError: the audio cannot be read.
        FeatureError: it is not the audio that was indexed, or the extractor breaks its contract.
    """
    signal, sampling_rate = _last_recording.read(Path(item.path), item.start_s, item.end_s)
    if audio.signal_digest(signal, sampling_rate) != item.digest:
        msg = "its audio has changed since the corpus was read. Run the same command again."
        raise FeatureError(msg)
    features = extractor.extract(audio.at(signal, sampling_rate), audio.TARGET_RATE)
    _hold_to_contract(features, extractor.kind)
    return features


def _hold_to_contract(features: object, kind: str) -> None:
    expected = f"a float32 array of shape {'(n_features,)' if kind == 'functionals' else '(n_frames, n_bins)'}"
    if not isinstance(features, np.ndarray):
        msg = f"the extractor returned {type(features).__name__}; expected {expected}."
        raise FeatureError(msg)
    if features.dtype != np.float32 or features.ndim != _DIMENSIONS[kind] or not features.size:
        msg = f"the extractor returned {features.dtype} of shape {features.shape}; expected {expected}, not empty."
        raise FeatureError(msg)
    if not np.isfinite(features).all():
        n_bad = int((~np.isfinite(features)).sum())
        msg = (
            f"the extractor returned {n_bad} of {features.size} values that are NaN or infinite. "
            "Leave the utterance out, or let the extractor decide what silence is."
        )
        raise FeatureError(msg)


def _told(failures: Sequence[str], name: str, n_tried: int) -> str:
    more = f"\n... and {len(failures) - TOLD} more" if len(failures) > TOLD else ""
    shown = "\n".join(failures[:TOLD])
    return f"Features {name!r} failed for {len(failures)} of {n_tried} utterances; all others are kept.\n{shown}{more}"
