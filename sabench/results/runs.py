"""What is known of a run and of each of its folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sabench.interfaces.records import Access, Component, Method
from sabench.protocols.splits import is_pooled, primary_score


@dataclass(frozen=True)
class RunRecord:
    """One method on one dataset and task under one protocol with one seed.

    Attributes:
        run_id: readable, and the same for the same run.
        method: what ran.
        dataset, task: what it ran on.
        protocol, protocol_hash: how.
        seed: the user's.
        threads, device: per cell.
        validation_as_training: whether validation speakers joined the training set.
        simulation: how the twin was made; None for real recordings.
        folds: fit key of every fold, in order.
        evaluations: evaluation key of every draw and fold.
        created: ISO time of the first start.
        adapts: name of the method that it builds on and is held against; may be empty.
        status: `complete`, `partial` (folds are missing) or `failed` (a fold failed).
    """

    run_id: str
    method: Method
    dataset: str
    task: str
    protocol: str
    protocol_hash: str
    seed: int
    threads: int
    device: str
    validation_as_training: bool
    simulation: Mapping[str, Any] | None
    stochastic: bool
    folds: Mapping[str, str]
    evaluations: Mapping[str, Mapping[str, str]]
    created: str
    adapts: str = ""
    status: str = "partial"

    @property
    def simulated(self) -> bool:
        """Whether it ran on synthesised speech."""
        return self.simulation is not None

    @property
    def pooled(self) -> bool:
        """Whether its primary score is the pooled UAR rather than the mean of fold UARs."""
        return is_pooled(self.protocol)

    @property
    def primary_score(self) -> str:
        """The same in words."""
        return primary_score(self.protocol)

    @property
    def draws(self) -> tuple[str, ...]:
        """Draws that were asked for."""
        return tuple(self.evaluations)


@dataclass(frozen=True)
class CellRecord:
    """What is known of one fold of a run.

    Attributes:
        status: `complete`, `failed` or `missing`.
        seconds: of fit and evaluations; 0 where nothing is known.
        error: one sentence where it failed.
    """

    fold: str
    fit_key: str
    status: str
    seconds: float = 0.0
    error: str = ""
    n_training_speakers: int = 0
    n_train: int = 0
    n_parameters: int | None = None
    environment: Mapping[str, Any] | None = None
    chosen: Mapping[str, Any] | None = None


def run_from(value: Mapping[str, Any]) -> RunRecord:
    """Return a run from its JSON object.

    Raises:
        KeyError, TypeError, ValueError: it is no run.
    """
    fields = {key: item for key, item in value.items() if key != "method"}
    return RunRecord(method=method_from(value["method"]), **fields)


def method_from(value: Mapping[str, Any]) -> Method:
    """Return a method from its JSON object."""
    return Method(
        name=value["name"],
        adapter=Component(**value["adapter"]),
        normaliser=Component(**value["normaliser"]) if value["normaliser"] else None,
        features=Component(**value["features"]),
        access=Access(**value["access"]),
        variant=value["variant"],
    )
