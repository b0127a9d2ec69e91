"""eResNet: residual blocks conditioned on an embedding of a neutral utterance of the speaker."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.neural.enrolled import Enrolled
from sabench_plugins.neural.sizes import Shape


@dataclass(kw_only=True, eq=False, repr=False)
class EResnet(Enrolled):
    """Deep speaker conditioning (Triantafyllopoulos et al. 2021, figures 1b and 1c).

    A sub-network embeds a neutral utterance; each block adds maps of the embedding to the outputs of
    both its convolutions. Trained end to end. [guess] In training the sub-network sees a crop, at test
    all of the utterance; embeddings of several enrolment utterances are averaged.

    Attributes:
        embedding: size of the embedding at width 1. [guess]
    """

    embedding: int = 512

    name: ClassVar[str] = "eresnet"
    adapts: ClassVar[str] = "resnet"
    title: ClassVar[str] = "ResNet conditioned on a neutral utterance"
    conditioned: ClassVar[bool] = True

    def shape(self, bins: int, classes: int) -> Shape:
        """Return the network's shape for a feature axis and a number of classes."""
        return replace(super().shape(bins, classes), embedding=self.embedding)


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Register the method."""
    return {"eresnet": EResnet}
