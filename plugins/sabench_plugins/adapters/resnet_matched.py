"""The control of eResNet: a ResNet with as many parameters, so that size alone explains nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.neural.adapter import Neural
from sabench_plugins.neural.sizes import Shape, matched


@dataclass(kw_only=True, eq=False, repr=False)
class ResnetMatched(Neural):
    """The ResNet widened until it has the number of parameters that eResNet has at `width`."""

    name: ClassVar[str] = "resnet-matched"
    adapts: ClassVar[str] = "resnet"
    title: ClassVar[str] = "ResNet with the parameters of eResNet"

    def shape(self, bins: int, classes: int) -> Shape:
        """Return the widened shape."""
        narrow = super().shape(bins, classes)
        target = replace(narrow, conditioned=True).parameters
        return replace(narrow, width=matched(narrow, target))


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Register the control."""
    return {"resnet-matched": ResnetMatched}
