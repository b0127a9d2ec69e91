"""Made-up functionals and sequences: speakers who differ by an offset, classes that differ by another."""

from __future__ import annotations

import numpy as np

from sabench import Enrolment, FeatureView, Memory, Utterances

CLASSES = ("angry", "neutral", "sad")


def view(*arrays) -> FeatureView:
    return FeatureView(Memory([np.asarray(array, dtype=np.float32) for array in arrays]))


def unlabelled(features: FeatureView) -> Enrolment:
    return Enrolment(unlabelled=features)


def utterances(
    *, speakers: int = 4, n_per_class: int = 6, width: int = 3, offset: float = 5.0, frames: int = 0, seed: int = 0
) -> Utterances:
    """Classes lie at -2, 0 and 2 in every feature, speakers `offset` apart in all, noise has deviation 0.3."""
    rng = np.random.default_rng(seed)
    arrays, y, names = [], [], []
    for speaker in range(speakers):
        for label in range(3):
            for _ in range(n_per_class):
                level = offset * speaker + 2.0 * (label - 1)
                shape = (int(rng.integers(frames, 2 * frames)), width) if frames else (width,)
                arrays.append(level + rng.normal(0, 0.3, shape))
                y.append(label)
                names.append(f"s{speaker}")
    labels = np.array(y)
    return Utterances(view(*arrays), labels, np.array(names), labels == 1, CLASSES)
