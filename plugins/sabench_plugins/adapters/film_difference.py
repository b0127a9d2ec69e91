"""FiLM that starts from a subtraction: what is modulated is the difference to neutral speech."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `film-difference`: (1 + a(n)) (x - n) + b(n), of functionals x and those of neutral speech n."""
    return {
        "film-difference": Alias(
            "film",
            parameters={"conditioning": "film-difference"},
            title="difference to neutral utterances, modulated by them",
        )
    }
