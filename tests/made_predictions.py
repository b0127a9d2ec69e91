"""Predictions of speakers with known skills, without any corpus or model."""

import numpy as np

from sabench.interfaces.records import Predictions
from sabench.stats.sample import sample

CLASSES = ("angry", "happy", "sad")


def drawn(n_speakers=8, n=12, skill=0.6, seed=0, one_fold=False, data=0):
    """Return predictions of speakers whose every class has some utterances; `skill` may differ by speaker."""
    data = np.random.default_rng(data)
    truth = np.concatenate([np.r_[0, 1, 2, data.integers(0, 3, n - 3)] for _ in range(n_speakers)])
    speaker = np.repeat([f"s{i:02}" for i in range(n_speakers)], n)
    rng = np.random.default_rng([1, seed])
    missed = rng.random(len(truth)) > np.repeat(np.broadcast_to(skill, n_speakers), n)
    fold = np.full(len(truth), "all") if one_fold else speaker
    ids = tuple(f"u{i}" for i in range(len(truth)))
    return Predictions(ids, speaker, truth, np.eye(3)[(truth + missed) % 3], fold, CLASSES)


def by_speaker(run):
    """Return what was said of each speaker's utterances, a row a speaker."""
    return np.array([run.predicted[run.speaker == name] for name in np.unique(run.speaker)])


def unequal(n_speakers, seed, gain=0.0, spread=0.0, one_fold=True):
    """Return two methods' predictions of speakers who have between 4 and some 80 utterances of three classes."""
    rng = np.random.default_rng([7, seed])
    size = np.maximum(4, np.exp(rng.normal(3, 0.8, n_speakers)).astype(int))
    speaker = np.repeat([f"s{i:02}" for i in range(n_speakers)], size)
    truth = np.concatenate([np.r_[0, 1, 2, rng.integers(0, 3, n - 3)] for n in size])
    skill = np.repeat(rng.uniform(0.3, 0.8, n_speakers), size)
    more = np.repeat(rng.normal(gain, spread, n_speakers), size)
    fold = np.full(len(truth), "all") if one_fold else speaker
    ids = tuple(f"u{i}" for i in range(len(truth)))
    made = []
    for chance in (np.clip(skill + more, 0, 1), skill):
        missed = rng.random(len(truth)) > chance
        made.append(Predictions(ids, speaker, truth, np.eye(3)[(truth + missed) % 3], fold, CLASSES))
    return made


def seeds_of(skills, **kwargs):
    """Return a sample of one shared model with a skill for each seed."""
    runs = [
        drawn(10, n=30, skill=skill, seed=10 * i + kwargs.get("seed", 0), one_fold=True)
        for i, skill in enumerate(skills)
    ]
    return sample(runs, pooled=True)
