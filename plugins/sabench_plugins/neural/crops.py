"""Random crops of an epoch: which utterances, from which frame on, beside which neutral utterance."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from sabench import AccessError, FeatureView, Utterances
from sabench_plugins.companions import NOBODY, Whose, draw_companions
from sabench_plugins.neural.recipe import SILENCE, Recipe

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Draws:
    """What an epoch sees, in order.

    Attributes:
        rows: utterances, shape `(n,)`.
        starts: first frames of their crops.
        neutral: rows of the neutral utterances beside them, or `NOBODY`; empty where none are needed.
        neutral_starts: first frames of those.
    """

    rows: np.ndarray
    starts: np.ndarray
    neutral: np.ndarray
    neutral_starts: np.ndarray

    def batches(self, size: int) -> list[Draws]:
        """Return equal parts of at most `size`: a last batch of one would spoil batch statistics."""
        parts = np.array_split(np.arange(len(self.rows)), -(-len(self.rows) // size))
        return [self.take(part) for part in parts]

    def take(self, part: np.ndarray) -> Draws:
        """Return the draws at some positions."""
        if not len(self.neutral):
            return Draws(self.rows[part], self.starts[part], self.neutral, self.neutral_starts)
        return Draws(self.rows[part], self.starts[part], self.neutral[part], self.neutral_starts[part])


def draw(
    train: Utterances,
    frames: int,
    rng: np.random.Generator,
    *,
    neutral: bool,
    allow_self: bool = False,
    whose: Whose = "same-speaker",
) -> Draws:
    """Draw an epoch: a shuffled order, a crop of every utterance and, where asked for, its neutral companion."""
    lengths = train.features.lengths
    rows = rng.permutation(len(train))
    starts = _starts(lengths[rows], frames, rng)
    if not neutral:
        nothing = np.zeros(0, dtype=np.int64)
        return Draws(rows, starts, nothing, nothing)
    beside = draw_companions(train, 1, rng, whose=whose, allow_self=allow_self)[rows, 0]
    return Draws(rows, starts, beside, _starts(np.where(beside == NOBODY, 0, lengths[beside]), frames, rng))


def check_companions(train: Utterances, *, allow_self: bool) -> None:
    """Say how many training utterances go without a neutral one.

    Raises:
        AccessError: no training speaker has any.
    """
    needed = 1 if allow_self else 2
    alone = sum(
        len(rows) if len(train.neutral_rows_of[name]) == 0 else int(len(train.neutral_rows_of[name]) < needed)
        for name, rows in train.rows_of.items()
    )
    if not train.neutral.any():
        msg = (
            f"None of the {len(train)} training utterances is marked neutral, and this method learns from a neutral "
            "utterance of each training speaker. Mark some in the corpus (column 'neutral'), or use a method "
            "without enrolment."
        )
        raise AccessError(msg)
    if alone:
        log.warning("%d of %d training utterances have no other neutral one; zeros stand in.", alone, len(train))


def _starts(lengths: np.ndarray, frames: int, rng: np.random.Generator) -> np.ndarray:
    return (rng.random(len(lengths)) * (np.maximum(lengths - frames, 0) + 1)).astype(np.int64)


class Crops:
    """Reads crops from the feature store when they are asked for: memory stays that of one batch."""

    def __init__(self, features: FeatureView, recipe: Recipe, device: torch.device) -> None:
        self.features = features
        self.recipe = recipe
        self.device = device

    def __call__(self, rows: np.ndarray, starts: np.ndarray, *, repeat: bool = False) -> Tensor:
        """Return shape `(len(rows), 1, bins, crop frames)`, channels last, on the device.

        Args:
            rows: utterances, `NOBODY` for zeros.
            starts: first frames.
            repeat: fill up a short utterance with itself, whatever the recipe says.
        """
        frames = self.recipe.crop_frames
        padding = "repeat" if repeat else self.recipe.padding
        crops = np.zeros((len(rows), self.features.width, frames, 1), dtype=np.float32)
        for crop, row, start in zip(crops, rows.tolist(), starts.tolist(), strict=True):
            if row != NOBODY:
                fill(crop[:, :, 0].T, self.features, row, start, padding, self.recipe.silence_level)
        batch = torch.from_numpy(crops)
        if self.device.type == "cuda":
            batch = batch.pin_memory()
        return batch.permute(0, 3, 1, 2).to(self.device, non_blocking=True)


class ResidentCrops:
    """Keeps all features on the device, and cuts crops there."""

    def __init__(self, features: FeatureView, recipe: Recipe, device: torch.device) -> None:
        self.frames = recipe.crop_frames
        self.lengths = features.lengths
        lengths = np.maximum(features.lengths, self.frames)
        self.first = np.concatenate([[0], np.cumsum(lengths)])
        self.store = torch.zeros(int(self.first[-1]) + self.frames, features.width, device=device)
        for row, (begin, length) in enumerate(zip(self.first, lengths, strict=False)):
            whole = np.empty((length, features.width), dtype=np.float32)
            fill(whole, features, row, 0, recipe.padding, recipe.silence_level)
            self.store[begin : begin + length] = torch.from_numpy(whole)

    def __call__(self, rows: np.ndarray, starts: np.ndarray, *, repeat: bool = False) -> Tensor:
        """Return shape `(len(rows), 1, bins, crop frames)`, channels last, on the device; see `Crops`."""
        # Behind the last utterance lies a crop of zeros, which is what NOBODY (-1) points at.
        begins = torch.from_numpy(self.first[rows] + np.where(rows == NOBODY, 0, starts)).to(self.store.device)
        frames = torch.arange(self.frames, device=self.store.device)[None]
        if repeat:
            there = np.where(rows == NOBODY, 0, self.lengths[rows])
            period = np.where((there > 0) & (there < self.frames), there, self.frames)
            frames = frames % torch.from_numpy(period).to(self.store.device)[:, None]
        frames = begins[:, None] + frames
        return self.store[frames].transpose(1, 2)[..., None].contiguous().permute(0, 3, 1, 2)


def crops_for(features: FeatureView, recipe: Recipe, device: torch.device) -> Crops | ResidentCrops:
    """Return resident crops where a GPU has room for all features in a third of its free memory."""
    if device.type != "cuda":
        return Crops(features, recipe, device)
    needed = int(np.maximum(features.lengths, recipe.crop_frames).sum()) * features.width * 4
    free, _ = torch.cuda.mem_get_info(device)
    return (ResidentCrops if needed < free / 3 else Crops)(features, recipe, device)


def fill(
    out: np.ndarray, features: FeatureView, row: int, start: int, padding: str = "silence", silence: float = SILENCE
) -> None:
    """Write the frames of an utterance from `start` on into `out`, shape `(frames, bins)`, padded behind its end."""
    part = features[row][start : start + len(out)]
    out[: len(part)] = part
    short = len(out) - len(part)
    if not short:
        return
    if padding == "repeat" and len(part):
        out[len(part) :] = np.resize(part, (short, part.shape[1]))
    else:
        frame = np.full((1, out.shape[1]), silence, dtype=np.float32)
        out[len(part) :] = features.behind(row, frame)


def frames_there(features: FeatureView, rows: np.ndarray, frames: int) -> np.ndarray | None:
    """Return how many frames of each crop are the utterance's own, shape `(n,)`; None where all are.

    A crop of `NOBODY` counts as whole.
    """
    lengths = np.where(rows == NOBODY, frames, np.clip(features.lengths[rows], 1, frames))
    return None if (lengths == frames).all() else lengths


def prefetched(make: Callable[[Item], Made], items: Sequence[Item]) -> Iterator[Made]:
    """Yield what is made of each item, the next one being made meanwhile in a thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(make, items[0])
        for item in items[1:]:
            ready, coming = coming.result(), pool.submit(make, item)
            yield ready
        yield coming.result()
