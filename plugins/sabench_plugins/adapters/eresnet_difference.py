"""eResNet that starts from a subtraction: its input is the difference to the speaker's neutral speech."""

from __future__ import annotations

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> dict[str, Alias]:
    """Offer `eresnet-difference`: eResNet on log-spectrograms minus the mean frame of a neutral utterance."""
    return {
        "eresnet-difference": Alias(
            "eresnet",
            parameters={"subtract": True},
            title="eResNet on the difference to a neutral utterance",
        )
    }
