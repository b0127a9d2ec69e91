"""AdaBN: the statistics of batch normalisation are those of the target speaker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sabench import Access, Adapter, Enrolment, hookimpl
from sabench_plugins.adapters.mlp_batchnorm import MlpBatchNorm
from sabench_plugins.functionals.adapter import FunctionalsPredictor
from sabench_plugins.references import LI_2017, LI_2018, SCHNEIDER_2020


@dataclass(kw_only=True, eq=False, repr=False)
class AdaBn(MlpBatchNorm):
    """A small network whose hidden layers are normalised by the target speaker's own statistics.

    Li, Wang, Shi, Liu and Hou, "Revisiting batch normalization for practical domain adaptation", ICLR workshop 2017,
    later "Adaptive batch normalization for practical domain adaptation", Pattern Recognition 80, 2018: mean and
    variance of every normalised layer are taken anew over the target domain, here one speaker. No weight changes and no
    label is used. With few utterances, statistics of training count beside them as so many utterances more (Schneider
    et al., "Improving robustness against common corruptions by covariate shift adaptation", NeurIPS 2020); at 0 they do
    not. Validation speakers choose the epoch by the unadapted network [guess].

    Attributes:
        unlabelled: utterances of the speaker to take statistics from; `all` takes every one.
        source_weight: of the statistics of training, counted in utterances.
    """

    name: ClassVar[str] = "adabn"
    title: ClassVar[str] = "batch normalisation by the target speaker's statistics"
    references: ClassVar[tuple[str, ...]] = (LI_2017, LI_2018, SCHNEIDER_2020)
    adapts: ClassVar[str] = "mlp-batchnorm"

    unlabelled: Annotated[int, Field(ge=1)] | Literal["all"] = "all"
    source_weight: Annotated[float, Field(ge=0)] = 0.0

    @property
    def access(self) -> Access:
        """Unlabelled utterances."""
        return Access(unlabelled=self.unlabelled)

    def enrol(self, enrolment: Enrolment) -> FunctionalsPredictor:
        """Return a copy of the network with the speaker's statistics."""
        from sabench_plugins.functionals.batchnorm import adapted

        network = adapted(self.network_, enrolment.unlabelled, self.source_weight)  # type: ignore[arg-type]
        return FunctionalsPredictor(network, network.mean[None])


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `adabn`."""
    return {"adabn": AdaBn}
