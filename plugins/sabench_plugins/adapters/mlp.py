"""The control of domain-adversarial training: the same network, whose representation no adversary sees."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `mlp`."""
    return {"mlp": Alias("dat", parameters={"strength": 0.0}, title="small network on functionals, no adversary")}
