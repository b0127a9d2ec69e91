"""A dataset that exists only in tests, and its twin."""

from __future__ import annotations

import json
from pathlib import Path

from sabench import Corpus, Dataset
from sabench.corpora.twins import MARKER


class Robots(Dataset):
    name = "robots"
    title = "Talking robots"
    licence = "for robots only"
    url = "https://robots.example"
    tasks = ("2class",)

    def load(self, root, task) -> Corpus:
        raise AssertionError("where a corpus lies is told without reading it")


class SimulatedRobots(Robots):
    can_simulate = True

    def __init__(self) -> None:
        self.made = 0

    def simulate(self, root: Path, *, scale, seed, speaker_effect, jobs, progress) -> None:
        self.made += 1
        recipe = {"dataset": "robots", "scale": scale, "seed": seed, "speaker_effect": speaker_effect}
        (root / MARKER).write_text(json.dumps(recipe))
        (root / "speech").write_text("beep")


class OneFile(Robots):
    root_is_file = True
