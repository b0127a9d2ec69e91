"""One run of a plan before it begins: what it is made from, and its record with all its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sabench.cells.keys import evaluation_key, fit_key
from sabench.hashing import digest, file_name, plain
from sabench.machine.environment import cores, resolve_device
from sabench.protocols.draws import draws_for
from sabench.protocols.split_corpus import SplitCorpus
from sabench.registry.methods import Parts
from sabench.results.runs import RunRecord


@dataclass(frozen=True)
class PlannedRun:
    """One method on one corpus under one protocol with one seed.

    Attributes:
        parts: the method and its unfitted plugins.
        split_corpus: the corpus under its protocol.
        seed: the user's.
        draws: to evaluate, for methods that enrol.
        threads: per cell; None for cores divided by folds.
        device: `auto`, `cpu`, `cuda` or `mps`.
        validation_as_training: see `Plan`.
        search: whether to choose from the adapter's grid.
    """

    parts: Parts
    split_corpus: SplitCorpus
    seed: int = 0
    draws: tuple[str, ...] = ("first",)
    threads: int | None = None
    device: str = "auto"
    validation_as_training: bool = True
    search: bool = False
    elsewhere: bool = False

    @property
    def grid(self) -> Mapping[str, Sequence[Any]]:
        """What is to be chosen from on validation speakers; empty without a search."""
        grid = self.parts.adapter.search_grid
        return {name: list(values) for name, values in grid.items()} if self.search else {}

    @property
    def merges_validation(self) -> bool:
        """Whether validation speakers join the training set; never for a method that looks at them while it fits."""
        return self.validation_as_training and not self.parts.adapter.uses_validation

    @property
    def evaluation_parameters(self) -> dict[str, Any]:
        """The parameters that change predictions but not the fit, with their values."""
        adapter = self.parts.adapter
        return {name: getattr(adapter, name) for name in adapter.evaluation_parameters}

    @cached_property
    def record(self) -> RunRecord:
        """The record of the run, with the keys of all its fits and evaluations."""
        corpus, protocol, adapter = self.split_corpus.corpus, self.split_corpus.protocol, self.parts.adapter
        method = self.parts.method
        method = replace(method, variant=", ".join(filter(None, (method.variant, "search" * bool(self.grid)))))
        kept = self.evaluation_parameters
        unadapted = adapter.unadapted(self.parts.extractor.kind)
        threads = self.threads or max(1, cores() // len(protocol.folds))
        device = resolve_device(self.device, adapter.devices, elsewhere=self.elsewhere)
        keys = {
            fold.name: fit_key(
                protocol.hash,
                fold.name,
                method,
                evaluation_parameters=kept,
                seed=self.seed,
                threads=threads,
                device=device,
                validation_as_training=self.merges_validation,
                search=self.grid,
            )
            for fold in protocol.folds
        }
        evaluations = {
            str(draw): {name: evaluation_key(key, draw, kept) for name, key in keys.items()}
            for draw in draws_for(method.access, self.draws)
        }
        short = digest([list(keys.values()), kept, method.name])[:8]
        return RunRecord(
            run_id=file_name(f"{method.name}-{corpus.dataset}-{corpus.task}-s{self.seed}-{short}"),
            method=method,
            dataset=corpus.dataset,
            task=corpus.task,
            protocol=protocol.name,
            protocol_hash=protocol.hash,
            seed=self.seed,
            threads=threads,
            device=device,
            validation_as_training=self.merges_validation,
            simulation=plain(corpus.simulation) if corpus.simulation else None,
            stochastic=adapter.stochastic,
            folds=keys,
            evaluations=evaluations,
            adapts=unadapted if unadapted != method.name else "",
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
