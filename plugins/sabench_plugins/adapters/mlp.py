"""MLP: a small network on functionals; the control of what conditions it and of what trains it otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.functionals.adapter import FunctionalsAdapter


@dataclass(kw_only=True, eq=False, repr=False)
class Mlp(FunctionalsAdapter):
    """Two hidden layers on functionals, unadapted. Depth, dropout, speakers and stopping are those of `film`."""

    name: ClassVar[str] = "mlp"
    version: ClassVar[str] = "2"
    title: ClassVar[str] = "small network on functionals"


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `mlp`."""
    return {"mlp": Mlp}
