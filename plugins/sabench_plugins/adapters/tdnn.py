"""TDNN: a small network on sequences; the control of what trains it otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.references import SNYDER_2018
from sabench_plugins.sequences.adapter import SmallNetwork


@dataclass(kw_only=True, eq=False, repr=False)
class TimeDelay(SmallNetwork):
    """Three dilated convolutions over time, statistics pooling and one hidden layer, unadapted.

    Kernels, dilations and pooling are those of the first layers of the x-vector network of Snyder et al., ICASSP 2018,
    each with far fewer channels. Recipe, dropout and the choice of an epoch are those of `mlp`; it is what `dat`,
    `menan` and `crossgrad` are held against on sequences.
    """

    name: ClassVar[str] = "tdnn"
    title: ClassVar[str] = "small time-delay network with statistics pooling"
    references: ClassVar[tuple[str, ...]] = (SNYDER_2018,)
    features: ClassVar[str] = "logmel"
    accepts: ClassVar[tuple[str, ...]] = ("sequences",)
    adapts: ClassVar[str | Mapping[str, str]] = ""


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `tdnn`."""
    return {"tdnn": TimeDelay}
