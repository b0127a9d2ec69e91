"""A cell: one fit and its evaluations, told in rows and numbers. It holds no target label, id or path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sabench.interfaces.plugins import Adapter, Normaliser

if TYPE_CHECKING:
    from sabench.features.featureset import FeatureSet

Alone = Literal["none", "sample", "every"]
"""Rows that are predicted again alone, in a fresh process: none, some of the last target, or each in its own."""


def no_rows() -> np.ndarray:
    """Return the positions of no utterance."""
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class EnrolmentRows:
    """Rows that a speaker is enrolled with.

    Attributes:
        neutral, unlabelled, labelled: positions in `Cell.digests`, int64.
        labelled_y: class indices of `labelled`, int64.
        stand_in: hand over `zeros` of the same shapes instead, or in each frame the `mean` of training.
    """

    neutral: np.ndarray = field(default_factory=no_rows)
    unlabelled: np.ndarray = field(default_factory=no_rows)
    labelled: np.ndarray = field(default_factory=no_rows)
    labelled_y: np.ndarray = field(default_factory=no_rows)
    stand_in: Literal["", "zeros", "mean"] = ""


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Labelled rows of training speakers.

    Attributes:
        rows: positions in `Cell.digests`, int64.
        y: class indices, int64.
        speakers: their names, in sorted order.
        speaker: position of each row's speaker in `speakers`.
        neutral: which rows may serve as neutral enrolment, bool.
        enrolments: how each speaker is enrolled with the normaliser; empty where there is none.
    """

    rows: np.ndarray
    y: np.ndarray
    speakers: tuple[str, ...]
    speaker: np.ndarray
    neutral: np.ndarray
    enrolments: Mapping[str, EnrolmentRows]


@dataclass(frozen=True, eq=False)
class Validation:
    """A validation speaker: enrolled as targets are, with labels for choosing a model."""

    speaker: str
    enrolment: EnrolmentRows
    rows: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class BlindTarget:
    """A target speaker without name or labels; `rows` follow a hash of ids."""

    enrolment: EnrolmentRows
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One draw for all targets of a cell.

    Attributes:
        key: the evaluation key.
        draw: as text.
        parameters: the adapter's evaluation parameters.
        targets: one entry a target speaker.
    """

    key: str
    draw: str
    parameters: Mapping[str, Any]
    targets: tuple[BlindTarget, ...]

    def shape(self, classes: Sequence[str]) -> tuple[int, int]:
        """Return the shape of its probabilities: a row a scored utterance, a column a class."""
        return sum(len(target.rows) for target in self.targets), len(classes)


@dataclass(frozen=True, eq=False)
class Cell:
    """The unit of work, of resuming and of distribution; small and picklable.

    Attributes:
        key: the fit key.
        run_id, fold: what it is part of.
        folder: where it speaks to the parent.
        identity: what the key is the hash of, readable.
        features: the stored features.
        digests: of the utterances that rows point at, ASCII.
        classes: labels in class order.
        adapter, normaliser: unfitted.
        training: without validation speakers.
        validation: the validation speakers.
        more_training: the training rows with validation speakers among them; None where they only validate.
        evaluations: what to predict.
        search: values to choose from on validation; empty for none.
        seed: of the fit, derived from the run's.
        device, threads: to use.
        alone: which rows are predicted again in fresh processes.
    """

    key: str
    run_id: str
    fold: str
    folder: Path
    identity: Mapping[str, Any]
    features: FeatureSet
    digests: np.ndarray
    classes: tuple[str, ...]
    adapter: Adapter
    normaliser: Normaliser | None
    training: TrainingRows
    validation: tuple[Validation, ...]
    more_training: TrainingRows | None
    evaluations: tuple[Evaluation, ...]
    seed: int
    device: str
    threads: int
    search: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    alone: Alone = "none"

    @property
    def strict(self) -> bool:
        """Whether every row is predicted alone."""
        return self.alone == "every"

    @property
    def n_training_speakers(self) -> int:
        """How many speakers the kept model has been trained on."""
        return len((self.more_training or self.training).speakers)

    @property
    def n_train(self) -> int:
        """How many utterances the kept model has been trained on."""
        return len((self.more_training or self.training).rows)
