"""Concatenation: the plainest way to give a network a speaker's neutral speech."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `concat`: functionals and those of neutral speech side by side; the control of `film`."""
    return {
        "concat": Alias(
            "film",
            parameters={"conditioning": "concatenation"},
            title="functionals beside those of neutral utterances",
        )
    }
