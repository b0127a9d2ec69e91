"""Fits and transforms of a normaliser as the harness would make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from sabench.checks.check import refuse
from sabench.checks.speech import enrolment_of, speech
from sabench.checks.subject import Subject
from sabench.interfaces.plugins import Normaliser
from sabench.interfaces.views import Transform, Utterances

KINDS: Final = ("functionals", "sequences")
SAME: Final = 1e-4
"""Largest difference between features that should be the same, as a part of their spread."""
TARGET, OTHER = 3, 4
"""Numbers of speakers that are not in training."""


def fitted(subject: Subject, train: Utterances | None = None, kind: str = "sequences") -> Normaliser:
    """Return a fresh normaliser after `fit`."""
    normaliser: Normaliser = subject.fresh()
    normaliser.fit(speech(kind) if train is None else train)
    return normaliser


def transformed(subject: Subject, transform: Transform, own: Utterances) -> list[np.ndarray]:
    """Return features behind a transform, once each has kept its shape and is finite.

    Raises:
        CheckFailure: one has not.
    """
    transformed_features = []
    for array in own.features:
        given = array.copy()
        given.setflags(write=False)
        features = transform(given)
        if not isinstance(features, np.ndarray) or features.shape != array.shape:
            shape = getattr(features, "shape", type(features).__name__)
            refuse(subject, [f"turns features of shape {array.shape} into {shape}; a transform keeps the shape"])
        if not np.isfinite(features.astype(np.float32)).all():
            refuse(subject, ["turns features into values that are not finite"])
        transformed_features.append(features.astype(np.float32))
    return transformed_features


def enrolled(subject: Subject, normaliser: Normaliser, own: Utterances) -> list[np.ndarray]:
    """Return a speaker's features behind the transform that the speaker's enrolment gives."""
    return transformed(subject, normaliser.enrol(enrolment_of(own, normaliser.access)), own)


def apart(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Return the largest difference between features, as a part of their spread."""
    spread = max(float(np.concatenate([array.ravel() for array in one]).std()), 1e-6)
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True)) / spread


def refuse_difference(subject: Subject, one: Sequence[np.ndarray], other: Sequence[np.ndarray], sentence: str) -> None:
    """Raise where features differ; the sentence says because of what."""
    distance = apart(one, other)
    if not distance <= SAME:
        refuse(subject, [f"{sentence} (by up to {distance:.2g} deviations; allowed {SAME:g})"])
