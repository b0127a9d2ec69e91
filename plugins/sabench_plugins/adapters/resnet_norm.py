"""ResNet-NORM: the seed's ResNet on features normalised over all utterances of each speaker."""

from collections.abc import Mapping

from sabench import Alias, hookimpl


@hookimpl
def sabench_adapters() -> Mapping[str, Alias]:
    """Register the alias. [guess] Statistics are per bin over all of a speaker's frames."""
    return {
        "resnet-norm": Alias("resnet", normaliser="speaker-zscore", title="ResNet on speaker-normalised spectrograms")
    }
