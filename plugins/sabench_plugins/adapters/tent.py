"""Tent: the normalisation of a network is moved until its predictions of a speaker are certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from sabench import Adapter, Enrolment, hookimpl
from sabench_plugins.adapters.adabn import AdaBn
from sabench_plugins.functionals.adapter import FunctionalsPredictor
from sabench_plugins.references import WANG_2021


@dataclass(kw_only=True, eq=False, repr=False)
class Tent(AdaBn):
    """A small network with the speaker's statistics, then with factors and offsets of least entropy.

    Wang, Shelhamer, Liu, Olshausen and Darrell, "Tent: fully test-time adaptation by entropy minimization", ICLR 2021:
    on the target's utterances the normalised layers take their statistics, and their factors and offsets follow the
    gradient of the entropy of predictions. Theirs goes on from batch to batch of a stream; here all enrolled utterances
    are one batch, whose statistics are taken once, as `adabn` does, and stay; several steps are taken before
    anything is predicted, and nothing is random [guess]. Adam with 0.001 is that of their code on CIFAR-10-C
    (github.com/DequanWang/tent); the number of steps is [guess].

    Attributes:
        steps: of Adam; at 0 it is `adabn`.
        tent_rate: its learning rate.
    """

    name: ClassVar[str] = "tent"
    title: ClassVar[str] = "normalisation moved to least entropy on the target speaker"
    references: ClassVar[tuple[str, ...]] = (WANG_2021,)
    adapts: ClassVar[str] = "mlp-batchnorm"

    steps: Annotated[int, Field(ge=0)] = 10
    tent_rate: Annotated[float, Field(gt=0)] = 0.001

    def enrol(self, enrolment: Enrolment) -> FunctionalsPredictor:
        """Return a copy of the network, adapted to the speaker."""
        from sabench_plugins.functionals.batchnorm import least_entropy

        predictor = super().enrol(enrolment)
        least_entropy(predictor.network, enrolment.unlabelled, self.steps, self.tent_rate)  # type: ignore[arg-type]
        return predictor


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `tent`."""
    return {"tent": Tent}
