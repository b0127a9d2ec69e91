"""The training engine of the family: crops, steps, validation, checkpoints."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sabench import Context, SabenchError, Utterances
from sabench_plugins.companions import Whose
from sabench_plugins.neural.crops import (
    Crops,
    Draws,
    ResidentCrops,
    check_companions,
    crops_for,
    draw,
    frames_there,
    prefetched,
)
from sabench_plugins.neural.fast.optimiser import Optimiser
from sabench_plugins.neural.fast.precision import uses_bfloat16
from sabench_plugins.neural.levels import levels_of
from sabench_plugins.neural.network import Network
from sabench_plugins.neural.recipe import Recipe
from sabench_plugins.neural.scores import class_weights, weighted_loss
from sabench_plugins.weights import Arrays, named, set_weights, under, weights_of

log = logging.getLogger(__name__)

Validate = Callable[[], tuple[float, float]]
"""Scores the network as it is: (UAR, loss)."""


@dataclass
class Progress:
    """Where training stands between two epochs.

    Attributes:
        epoch: epochs done.
        best_uar: the highest validation UAR so far; NaN without validation.
        best_epoch: the epoch it was reached in; the later of two that tie.
        improved_epoch: the earlier of them, from which patience counts.
        best: the network's weights then.
    """

    epoch: int = 0
    best_uar: float = math.nan
    best_epoch: int = 0
    improved_epoch: int = 0
    best: Arrays = field(default_factory=dict)

    def after(self, uar: float, weights: Arrays) -> None:
        """Count an epoch, keeping its weights if they are the best so far or if nothing validates."""
        self.epoch += 1
        if not uar <= self.best_uar:
            self.improved_epoch = self.epoch
        if not uar < self.best_uar:
            self.best_uar, self.best_epoch, self.best = uar, self.epoch, weights


@dataclass(frozen=True)
class Beside:
    """What stands beside each utterance in training.

    Attributes:
        whose: whose neutral utterances.
        allow_self: whether an utterance may stand beside itself.
        repeated: whether a short one is repeated at test, as TwoChannel does.
        subtracted: whether its mean over time is taken off the utterance.
    """

    whose: Whose = "same-speaker"
    allow_self: bool = False
    repeated: bool = False
    subtracted: bool = False


@dataclass(frozen=True)
class Batch:
    """Crops of one step, of shape `(n, 1, bins, frames)`, and how many of their frames are the utterance's own."""

    x: Tensor
    y: Tensor
    lengths: Tensor | None = None
    neutral: Tensor | None = None
    neutral_lengths: Tensor | None = None


class Training:
    """One fit: the network's weights after `run` are those of the best epoch."""

    def __init__(
        self,
        network: Network,
        train: Utterances,
        recipe: Recipe,
        context: Context,
        *,
        validate: Validate | None,
        beside: Beside | None = None,
    ) -> None:
        self.network, self.train, self.recipe, self.context = network, train, recipe, context
        self.validate, self.beside = validate, beside
        self.device = next(network.parameters()).device
        self.bfloat16 = uses_bfloat16(recipe.precision, self.device)
        self.optimiser = Optimiser(network, recipe)
        weights = class_weights(train.y, len(train.classes), recipe.weighting)
        self.class_weights = torch.as_tensor(weights, dtype=torch.float32, device=self.device)
        self.epochs = recipe.epochs_over(len(train))
        self.progress = Progress()
        self.levels = torch.zeros(0)
        if beside is not None:
            check_companions(train, allow_self=beside.allow_self)
            self.levels = torch.from_numpy(levels_of(train.features, train.neutral)).to(self.device)

    def run(self) -> None:
        """Train to the last epoch, or until validation no longer improves, from wherever a checkpoint stands."""
        self._resume()
        crops = None if self._finished() else crops_for(self.train.features, self.recipe, self.device)
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=True):  # crops have one shape
            while crops is not None and not self._finished():
                self._epoch(crops)
        set_weights(self.network, self.progress.best)
        self.network.eval()

    def _finished(self) -> bool:
        waited = self.progress.epoch - self.progress.improved_epoch
        patient = not self.recipe.patience or waited < self.recipe.patience
        return self.progress.epoch >= self.epochs or not patient

    def _epoch(self, crops: Crops | ResidentCrops) -> None:
        epoch = self.progress.epoch + 1
        started = time.perf_counter()
        loss, rate = self._steps(crops, epoch)
        seconds = time.perf_counter() - started
        self.network.eval()
        uar, validation_loss = self.validate() if self.validate else (math.nan, math.nan)
        self.progress.after(uar, weights_of(self.network))
        values = {"loss": loss, "lr": rate, "samples_per_s": len(self.train) / seconds}
        if self.validate:
            values |= {"validation_uar": uar, "validation_loss": validation_loss}
        self.context.report(epoch=epoch, epochs=self.epochs, **values)
        self._save()

    def _steps(self, crops: Crops | ResidentCrops, epoch: int) -> tuple[float, float]:
        """Take the steps of one epoch; return its loss (averaged by class weight) and last learning rate."""
        self.network.train()
        draws = draw(
            self.train,
            self.recipe.crop_frames,
            np.random.default_rng((self.context.seed, epoch)),
            neutral=self.beside is not None,
            allow_self=self.beside is not None and self.beside.allow_self,
            whose="same-speaker" if self.beside is None else self.beside.whose,
        ).batches(self.recipe.batch_size)
        total = torch.zeros(2, device=self.device)
        rate = self.recipe.learning_rate
        for number, batch in enumerate(prefetched(lambda part: self._batch(crops, part), draws)):
            rate = self.recipe.rate_at((epoch - 1) * len(draws) + number, self.epochs * len(draws))
            total += self._step(batch, rate)
        loss = float(total[0] / total[1])
        if not math.isfinite(loss):
            raise SabenchError(self._diverged(epoch, loss))
        return loss, rate

    def _batch(self, crops: Crops | ResidentCrops, part: Draws) -> Batch:
        x = crops(part.rows, part.starts)
        y = torch.as_tensor(self.train.y[part.rows], device=self.device)
        lengths = self._lengths(part.rows)
        if self.beside is None:
            return Batch(x, y, lengths)
        if self.beside.subtracted:
            x = x - self.levels[part.neutral][:, None, :, None]
        repeat = self.beside.repeated and self.recipe.short_crops == "as-at-test"
        neutral = crops(part.neutral, part.neutral_starts, repeat=repeat)
        return Batch(x, y, lengths, neutral, None if repeat else self._lengths(part.neutral))

    def _lengths(self, rows: np.ndarray) -> Tensor | None:
        """Return how many frames of each crop count in the mean over time; None where all do."""
        if self.recipe.short_crops == "padded" or self.recipe.padding == "repeat":
            return None
        lengths = frames_there(self.train.features, rows, self.recipe.crop_frames)
        return None if lengths is None else torch.from_numpy(lengths).to(self.device)

    def _step(self, batch: Batch, rate: float) -> Tensor:
        """Take one step; return the batch's (weighted loss, weight)."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits = self.network(batch.x, batch.neutral, batch.lengths, batch.neutral_lengths)
        logits = logits.float()
        loss = weighted_loss(logits, batch.y, self.class_weights, self.recipe.reduction)
        self.optimiser.clear()
        loss.backward()
        self.optimiser.step(rate)
        weight = self.class_weights[batch.y].sum()
        loss = loss.detach()
        return torch.stack((loss if self.recipe.reduction == "sum" else loss * weight, weight))

    def _diverged(self, epoch: int, loss: float) -> str:
        return (
            f"Training diverged in epoch {epoch}: the loss is {loss}. Lower learning_rate (now "
            f"{self.recipe.learning_rate}) or set reduction='mean' (now {self.recipe.reduction!r})."
        )

    def _save(self) -> None:
        """Keep what the next epoch goes on from; random draws follow from (seed, epoch) and need no state."""
        progress = self.progress
        arrays = named("network", weights_of(self.network)) | named("optimiser", self.optimiser.arrays())
        state = {
            "epoch": progress.epoch,
            "steps": self.optimiser.steps,
            "best_epoch": progress.best_epoch,
            "improved_epoch": progress.improved_epoch,
            "best_uar": None if math.isnan(progress.best_uar) else progress.best_uar,
        }
        self.context.checkpoint.save(arrays | named("best", progress.best), state)

    def _resume(self) -> None:
        kept = self.context.checkpoint.load()
        if kept is None:
            return
        arrays, state = kept
        set_weights(self.network, under("network", arrays))
        self.optimiser.restore(under("optimiser", arrays), state["steps"])
        self.progress = _progress(state, under("best", arrays))
        log.info("Going on after epoch %d.", self.progress.epoch)


def _progress(state: dict[str, Any], best: Arrays) -> Progress:
    uar = state["best_uar"]
    uar = math.nan if uar is None else uar
    return Progress(state["epoch"], uar, state["best_epoch"], state["improved_epoch"], best)
