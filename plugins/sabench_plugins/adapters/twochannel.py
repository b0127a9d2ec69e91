"""TwoChannel: the ResNet with a neutral utterance of the speaker as second input channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.neural.enrolled import Enrolled


@dataclass(kw_only=True, eq=False, repr=False)
class TwoChannel(Enrolled):
    """The seed's straightforward way to show the speaker (Triantafyllopoulos et al. 2021, figure 1a).

    [guess] The neutral utterance is repeated or cropped to the length of the utterance; in training both
    are cropped independently. Over several enrolment utterances probabilities are averaged.
    """

    name: ClassVar[str] = "twochannel"
    adapts: ClassVar[str] = "resnet"
    title: ClassVar[str] = "ResNet with a neutral utterance as second channel"
    channels: ClassVar[int] = 2


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Register the method."""
    return {"twochannel": TwoChannel}
