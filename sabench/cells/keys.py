"""The keys of a trained model and of an evaluation of it: what resuming goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sabench.hashing import digest
from sabench.interfaces.records import Draw, Method


def fit_key(
    protocol_hash: str,
    fold: str,
    method: Method,
    *,
    evaluation_parameters: Iterable[str],
    seed: int,
    threads: int,
    device: str,
    validation_as_training: bool,
    search: Mapping[str, Any] | None,
) -> str:
    """Return the key of one trained model; names that mean the same method give the same key."""
    adapter = asdict(method.adapter)
    for name in evaluation_parameters:
        adapter["parameters"] = {k: v for k, v in adapter["parameters"].items() if k != name}
    return digest(
        {
            "protocol": protocol_hash,
            "fold": fold,
            "features": method.features,
            "normaliser": method.normaliser,
            "adapter": adapter,
            "seed": seed,
            "threads": threads,
            "device": device,
            "validation_as_training": validation_as_training,
            "search": search,
        }
    )


def evaluation_key(fit: str, draw: Draw, evaluation_parameters: Mapping[str, Any]) -> str:
    """Return the key of one evaluation of a trained model."""
    return digest({"fit": fit, "draw": str(draw), "parameters": evaluation_parameters})
