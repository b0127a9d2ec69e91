"""What is known of a run and of each of its folds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from sabench.hashing import file_name, is_key
from sabench.interfaces.records import Access, Component, Draw, Method
from sabench.machine.kept import NOTHING_ELSE, KeptFile, MiB, Values, shallow
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

    __pydantic_config__: ClassVar[ConfigDict] = NOTHING_ELSE

    run_id: str
    method: Method
    dataset: str
    task: str
    protocol: str
    protocol_hash: str
    seed: Annotated[int, Field(gt=-(2**64), lt=2**64)]
    threads: Annotated[int, Field(ge=1, lt=2**31)]
    device: str
    validation_as_training: bool
    simulation: Values | None
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
    def contaminated(self) -> bool:
        """Whether the weights of its features have seen the corpus that it was tested on; a twin nobody has seen."""
        return not self.simulated and self.dataset in self.method.trained_on

    @property
    def mark(self) -> str:
        """What stands behind the corpus wherever the run is shown, so that it is taken for no other result."""
        return " (simulated)" if self.simulated else " (contaminated)" if self.contaminated else ""

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
        status: `complete`, `failed`, `missing` or `damaged`.
        seconds: of fit and evaluations; 0 where nothing is known.
        error: one sentence where it failed or is damaged.
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


def _consistent(run: RunRecord) -> RunRecord:
    """Return a run that says nothing of which a path could be made but names and hashes, and fits itself.

    Raises:
        ValueError: saying what does not fit.
    """
    keys = [run.protocol_hash, *run.folds.values(), *(key for own in run.evaluations.values() for key in own.values())]
    strange = next((key for key in keys if not is_key(key)), None)
    if strange is not None:
        msg = f"it holds {strange[:60]!r} in the place of a hash"
    elif file_name(run.run_id) != run.run_id or not run.run_id.strip("."):
        msg = f"the run is called {run.run_id[:60]!r}, which is no name of a folder"
    elif not run.folds or not run.evaluations:
        msg = "it has no folds, or no draws"
    elif any(own.keys() != run.folds.keys() for own in run.evaluations.values()):
        msg = "its draws are not of its folds"
    else:
        for draw in run.draws:
            Draw.parse(draw)
        for part in (run.method.adapter, run.method.normaliser, run.method.features):
            shallow(dict(part.parameters) if part else {})
        return run
    raise ValueError(msg)


RUN: KeptFile[RunRecord] = KeptFile(
    Annotated[RunRecord, AfterValidator(_consistent)],
    "The run's command, repeated, writes it again and keeps what is complete.",
    limit_bytes=4 * MiB,
    limit_values=100_000,
)


def run_from(value: Mapping[str, Any], name: str) -> RunRecord:
    """Return a run from a JSON object that stands in a place of that name.

    Raises:
        DamagedFile: it is no run.
    """
    return RUN.parse(json.dumps(value, ensure_ascii=False).encode(errors="replace"), name)


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
