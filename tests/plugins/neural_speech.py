"""Made-up sequences for the tests of the neural family: three classes told apart by the bins that are loud."""

from __future__ import annotations

import numpy as np

from sabench import Context, Enrolment, FeatureView, Memory, Utterances

BINS = 24
TINY = {"width": 1 / 32, "crop_s": 0.3, "batch_size": 8, "reduction": "mean", "learning_rate": 0.02, "momentum": 0.9}


class Kept:
    """A checkpoint in memory."""

    def __init__(self):
        self.arrays, self.state, self.saved = None, None, 0

    def save(self, arrays, state):
        self.arrays, self.state = {name: array.copy() for name, array in arrays.items()}, dict(state)
        self.saved += 1

    def load(self):
        return None if self.arrays is None else (dict(self.arrays), dict(self.state))


def context(seed=0, *, report=None, checkpoint=None, history=None):
    """What the harness would hand over; `history` gathers what is reported."""

    def gather(**values):
        if history is not None:
            history.append(values)
        if report is not None:
            report(**values)

    return Context(seed=seed, device="cpu", threads=1, report=gather, checkpoint=checkpoint or Kept())


def utterances(n=36, speakers=3, seed=0, lengths=(12, 45), classes=3):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    arrays = []
    for label in y:
        array = rng.normal(-5, 1, size=(rng.integers(*lengths), BINS)).astype(np.float32)
        array[:, label * 8 : label * 8 + 6] += 2
        array.setflags(write=False)
        arrays.append(array)
    speaker = np.array([f"s{i // 3 % speakers}" for i in range(n)])
    return Utterances(FeatureView(Memory(arrays)), y, speaker, y == 0, tuple("abcd"[:classes]))


def enrolment(of: Utterances, amount=1):
    return Enrolment(neutral=of.features.take(np.flatnonzero(of.neutral)[:amount]))
