"""A cell: one fit and its evaluations, told in rows and numbers. It holds no target label, id or path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sabench.interfaces.plugins import Adapter, Normaliser

if TYPE_CHECKING:
    from sabench.features.featureset import FeatureSet

Rows = tuple[int, ...]
Alone = Literal["none", "sample", "every"]
"""Rows that are predicted again alone, in a fresh process: none, some of the last target, or each in its own."""


@dataclass(frozen=True)
class EnrolmentRows:
    """Rows that a speaker is enrolled with.

    Attributes:
        neutral, unlabelled, labelled: positions in `Cell.digests`.
        labelled_y: class indices of `labelled`.
        stand_in: hand over `zeros` of the same shapes instead, or in each frame the `mean` of training.
    """

    neutral: Rows = ()
    unlabelled: Rows = ()
    labelled: Rows = ()
    labelled_y: Rows = ()
    stand_in: Literal["", "zeros", "mean"] = ""


@dataclass(frozen=True)
class TrainingRows:
    """Labelled rows of training speakers.

    Attributes:
        rows: positions in `Cell.digests`.
        y: class indices.
        speaker: name of each row's speaker.
        neutral: which rows may serve as neutral enrolment.
        enrolments: how each speaker is enrolled with the normaliser.
    """

    rows: Rows
    y: Rows
    speaker: tuple[str, ...]
    neutral: tuple[bool, ...]
    enrolments: Mapping[str, EnrolmentRows]


@dataclass(frozen=True)
class Validation:
    """A validation speaker: enrolled as targets are, with labels for choosing a model."""

    speaker: str
    enrolment: EnrolmentRows
    rows: Rows
    y: Rows


@dataclass(frozen=True)
class BlindTarget:
    """A target speaker without name or labels; `rows` follow a hash of ids."""

    enrolment: EnrolmentRows
    rows: Rows


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Cell:
    """The unit of work, of resuming and of distribution; small and picklable.

    Attributes:
        key: the fit key.
        run_id, fold: what it is part of.
        folder: where it speaks to the parent.
        identity: what the key is the hash of, readable.
        features: the stored features.
        digests: of the utterances that rows point at.
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
    digests: tuple[str, ...]
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
        return len(set((self.more_training or self.training).speaker))

    @property
    def n_train(self) -> int:
        """How many utterances the kept model has been trained on."""
        return len((self.more_training or self.training).rows)
