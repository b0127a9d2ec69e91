"""The subtraction alone, in front of the small network: what conditioning has to beat."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `mlp-neutral`: functionals minus those of neutral speech, another utterance of it in each epoch."""
    return {
        "mlp-neutral": Alias(
            "film",
            parameters={"conditioning": "difference"},
            title="small network on functionals minus neutral utterances",
        )
    }
