"""Learnt pooling of frames without an adversary: the control of `speaker-adversarial-tap`."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `tap`: frames pooled by learnt attention, emotions alone."""
    return {
        "tap": Alias(
            "speaker-adversarial-tap",
            parameters={"strength": 0.0},
            title="learnt pooling of frames",
        )
    }
