"""What adapters and normalisers are checked on: the tiny corpus of `sabench.testing` as features in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

import numpy as np

from sabench.hashing import shuffled
from sabench.interfaces.records import ALL, Access
from sabench.interfaces.views import Enrolment, FeatureView, Memory, Utterances
from sabench.testing import EMOTIONS, SAMPLING_RATE, Delivery, deliveries, sound

CLASSES: Final = ("sad", "happy", "neutral")
"""Not in alphabetical order, so that a method that sorts them is found out."""
N_SPEAKERS: Final = 5
N_PER_CLASS: Final = 4
SHIFT: Final = 0.05
"""Little, so that methods without adaptation learn the emotions too."""
_FRAME, _HOP, _BANDS = 400, 160, 20


def speech(
    kind: str, speakers: Iterable[int] = range(3), *, take: int = 0, n_per_class: int = N_PER_CLASS
) -> Utterances:
    """Return utterances of some speakers, in an order that tells nothing; all arrays are new and writable.

    Args:
        kind: `functionals`, shape `(40,)`, or `sequences`, shape `(28, 20)`.
        speakers: numbers below `N_SPEAKERS`.
        take: another number gives other recordings of the same speakers.
        n_per_class: utterances of each class and speaker.
    """
    wanted = set(speakers)
    of = {f"{d.speaker} {d.label} {d.number}": d for d in _deliveries(n_per_class, take) if d.speaker in wanted}
    said = [of[name] for name in shuffled(of, "checks")]
    return utterances(
        [features_of(delivery, kind, take) for delivery in said],
        [CLASSES.index(delivery.label) for delivery in said],
        [f"s{delivery.speaker}" for delivery in said],
    )


def utterances(arrays: Iterable[np.ndarray], y: Iterable[int], speaker: Iterable[str]) -> Utterances:
    """Return utterances over arrays; those of the class neutral are neutral."""
    labels = np.array(list(y), dtype=np.int64)
    view = FeatureView(Memory(array.copy() for array in arrays))
    return Utterances(view, labels, np.array(list(speaker), dtype=np.str_), labels == CLASSES.index("neutral"), CLASSES)


def joined(*parts: Utterances) -> Utterances:
    """Return the utterances of all parts."""
    arrays = [array for part in parts for array in part.features]
    y, speaker = (np.concatenate([getattr(part, name) for part in parts]).tolist() for name in ("y", "speaker"))
    return utterances(arrays, y, speaker)


def mapped(of: Utterances, change: Callable[[np.ndarray], np.ndarray]) -> Utterances:
    """Return utterances whose features went through a function."""
    return utterances((change(array) for array in of.features), of.y.tolist(), of.speaker.tolist())


def enrolment_of(own: Utterances, access: Access) -> Enrolment:
    """Return exactly as much of one speaker as an access declares; utterances repeat where there are too few."""
    neutral = np.flatnonzero(own.neutral) if own.neutral.any() else np.arange(len(own))
    order = np.random.default_rng(0).permutation(len(own))
    unlabelled = order if access.unlabelled == ALL else np.resize(order, int(access.unlabelled))
    labelled = np.resize(order[::-1], access.labelled)
    take = own.features.take
    return Enrolment(take(np.resize(neutral, access.neutral)), take(unlabelled), take(labelled), own.y[labelled])


def features_of(delivery: Delivery, kind: str, take: int = 0) -> np.ndarray:
    """Return band energies of a made utterance, float32: each frame's, or their mean and deviation."""
    frames = _bands(delivery, take)
    return frames if kind == "sequences" else functionals_of(frames)


def functionals_of(frames: np.ndarray) -> np.ndarray:
    """Return mean and deviation over frames."""
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)]).astype(np.float32)


@lru_cache(maxsize=1024)
def _bands(delivery: Delivery, take: int) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(sound(delivery, take), _FRAME)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1))[:, : 10 * _BANDS] ** 2
    bands: np.ndarray = np.log(power.reshape(len(frames), _BANDS, 10).mean(axis=2) + 1e-8).astype(np.float32)
    return bands


@lru_cache
def _deliveries(n_per_class: int, take: int) -> list[Delivery]:
    if set(EMOTIONS) != set(CLASSES) or SAMPLING_RATE != _HOP * 100:
        msg = "The tiny corpus has changed; sabench.checks.speech must follow."
        raise RuntimeError(msg)
    return deliveries(N_SPEAKERS, SHIFT, n_per_class, seed=take)
