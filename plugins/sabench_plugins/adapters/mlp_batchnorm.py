"""The small network with batch normalisation: the control of what adapts its statistics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.functionals.adapter import FunctionalsAdapter

if TYPE_CHECKING:
    from sabench_plugins.functionals.batchnorm import BatchNormPerceptron


@dataclass(kw_only=True, eq=False, repr=False)
class MlpBatchNorm(FunctionalsAdapter):
    """`mlp` with batch normalisation behind both hidden layers, unadapted; `adabn` and `tent` start from it."""

    name: ClassVar[str] = "mlp-batchnorm"
    title: ClassVar[str] = "small network on functionals with batch normalisation"
    libraries: ClassVar[tuple[str, ...]] = (*FunctionalsAdapter.libraries, "sabench_plugins.functionals.batchnorm")

    def _network(self, width: int, n_classes: int) -> "BatchNormPerceptron":
        from sabench_plugins.functionals.batchnorm import BatchNormPerceptron

        return BatchNormPerceptron(width, self.units, n_classes, self.dropout).eval()


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `mlp-batchnorm`."""
    return {"mlp-batchnorm": MlpBatchNorm}
