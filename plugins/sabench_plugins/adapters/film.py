"""FiLM: a small network on functionals, conditioned on neutral utterances of the speaker."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sabench import Access, Adapter, hookimpl
from sabench_plugins.functionals.adapter import FunctionalsAdapter
from sabench_plugins.references import PEREZ_2018

if TYPE_CHECKING:
    from sabench_plugins.functionals.network import Conditioning
    from sabench_plugins.training import Schedule


@dataclass(kw_only=True, eq=False, repr=False)
class Film(FunctionalsAdapter):
    """A small network that is shown how the speaker sounds when neutral.

    Feature-wise modulation is that of Perez et al., "FiLM: visual reasoning with a general conditioning layer",
    AAAI 2018: the mean of the enrolled functionals gives every functional a factor and an offset. In each epoch a
    training utterance meets other neutral utterances of its speaker. With nothing enrolled that mean is the training
    set's. The same network without is `mlp`. Sizes and training are [guess].

    Attributes:
        neutral: neutral utterances of a speaker, in training and at test.
        conditioning: how they enter: see `sabench_plugins.functionals.network.Perceptron`.
        companions: whose neutral utterances stand beside those of training: `same-speaker`, or `other-speaker` for a
            control that has learnt nothing from them.
    """

    name: ClassVar[str] = "film"
    version: ClassVar[str] = "2"
    title: ClassVar[str] = "functionals modulated by neutral utterances"
    references: ClassVar[tuple[str, ...]] = (PEREZ_2018,)
    adapts: ClassVar[str] = "mlp"

    neutral: Annotated[int, Field(ge=1)] = 1
    conditioning: Literal["film", "difference", "film-difference", "concatenation", "layers"] = "film"
    companions: Literal["same-speaker", "other-speaker"] = "same-speaker"

    @property
    def access(self) -> Access:
        """Neutral utterances."""
        return Access(neutral=self.neutral)

    def _how_conditioned(self) -> "Conditioning":
        return self.conditioning

    def _schedule(self) -> "Schedule":
        return replace(super()._schedule(), neutral=self.neutral, companions=self.companions)


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `film`."""
    return {"film": Film}
