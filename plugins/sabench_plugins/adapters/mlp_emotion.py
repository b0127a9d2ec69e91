"""The control of `speaker-embedding`: the same network, which is told nothing of the speaker."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `mlp-emotion`: of functionals that end in a speaker embedding, those before it; unadapted."""
    return {
        "mlp-emotion": Alias(
            "speaker-embedding",
            parameters={"conditioning": "none"},
            title="small network on functionals, the speaker embedding at their end left out",
        )
    }
