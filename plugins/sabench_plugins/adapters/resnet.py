"""ResNet: the seed's baseline, without adaptation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.neural.adapter import Neural


@dataclass(kw_only=True, eq=False, repr=False)
class Resnet(Neural):
    """A residual network on log-spectrograms (Triantafyllopoulos et al. 2021, doi 10.1109/icme51207.2021.9428217).

    Parameters are those of `sabench_plugins.neural.recipe.Recipe`. Layer sizes are a [guess], see
    `sabench_plugins.neural.sizes`.
    """

    name: ClassVar[str] = "resnet"
    title: ClassVar[str] = "residual network on log-spectrograms"


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Register the baseline."""
    return {"resnet": Resnet}
