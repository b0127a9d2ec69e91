"""eResNet: residual blocks conditioned on an embedding of a neutral utterance of the speaker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.neural.enrolled import Enrolled


@dataclass(kw_only=True, eq=False, repr=False)
class EResnet(Enrolled):
    """Deep speaker conditioning (Triantafyllopoulos et al. 2021, figures 1b and 1c).

    A sub-network embeds a neutral utterance; each block adds maps of the embedding to the outputs of
    both its convolutions. Trained end to end. [guess] In training the sub-network sees a crop, at test
    all of the utterance; embeddings of several enrolment utterances are averaged.
    """

    name: ClassVar[str] = "eresnet"
    title: ClassVar[str] = "ResNet conditioned on a neutral utterance"
    conditioned: ClassVar[bool] = True


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Register the method."""
    return {"eresnet": EResnet}
