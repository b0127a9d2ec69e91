"""The control of ResNet-NORM: the same scaling with statistics of the training set, blind to the speaker."""

from collections.abc import Mapping

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> Mapping[str, Alias]:
    """Register the alias: where it gains as much as ResNet-NORM, scaling helped and not the speaker."""
    return {
        "resnet-corpus-norm": Alias(
            "resnet", normaliser="corpus-zscore", title="ResNet on corpus-normalised spectrograms"
        )
    }
