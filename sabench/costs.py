"""What a run is expected to cost, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sabench.material import Material
from sabench.methods import Parts
from sabench.records import Cost
from sabench.results import RunRecord


@dataclass(frozen=True)
class Estimate:
    """Cost of one run.

    Attributes:
        run: what it is of.
        n_folds: how many fits.
        n_train: training utterances of the largest fold.
        cell: the largest fold's cost.
        seconds: of all fits and evaluations, one after the other.
    """

    run: RunRecord
    n_folds: int
    n_train: int
    cell: Cost
    seconds: float


def estimate(material: Material, parts: Parts, run: RunRecord) -> Estimate:
    """Return the estimate of a run from durations alone; no features are needed."""
    duration_of = dict(zip(material.corpus.table["id"], material.corpus.table["duration_s"], strict=True))
    costs = []
    sizes = []
    for fold in material.protocol.folds:
        shapes = [parts.extractor.expected_shape(duration_of[name]) or (100, 100) for name in fold.train]
        lengths = np.array([shape[0] if len(shape) > 1 else 1 for shape in shapes], dtype=np.int64)
        n_classes = len(material.corpus.classes)
        cost = parts.adapter.cost(lengths, shapes[0][-1], n_classes, device=run.device, threads=run.threads)
        costs.append(cost)
        sizes.append(len(fold.train))
    largest = max(costs, key=lambda cost: cost.seconds)
    return Estimate(run, len(costs), max(sizes), largest, sum(cost.seconds for cost in costs))
