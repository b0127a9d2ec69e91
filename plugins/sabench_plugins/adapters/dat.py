"""Domain-adversarial training: a representation from which speakers cannot be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from sabench import Adapter, Utterances, hookimpl
from sabench_plugins.functionals.adapter import FunctionalsAdapter
from sabench_plugins.references import GANIN_2016, TU_2019

if TYPE_CHECKING:
    from sabench_plugins.functionals.adversary import Adversary


@dataclass(kw_only=True, eq=False, repr=False)
class Dat(FunctionalsAdapter):
    """Speaker-invariant training by gradient reversal; needs nothing of a target speaker.

    Tu, Tang, Huang, He and Zhou, "Towards adversarial learning of speaker-invariant representation for speech emotion
    recognition", arXiv:1903.09606, 2019, after Ganin et al., "Domain-adversarial training of neural networks", JMLR 17,
    2016: a representation, and on it one network that tells emotions and one that tells the training speakers; the
    gradient of the latter reaches the representation reversed. Both are trained together, end to end. The adversary's
    strength rises in training, and only epochs that met 98 % of it or more can be kept.

    Theirs is a time-delay network with LSTM on frames; here a small network on functionals stands in, so that it
    compares with the support vector machines [guess]. The strength, its course (that of Ganin et al.), all sizes and
    the recipe are [guess] too. At strength 0 it is `mlp`.

    Attributes:
        strength: weight of the reversed gradient at the end of training.
    """

    name: ClassVar[str] = "dat"
    version: ClassVar[str] = "2"
    title: ClassVar[str] = "domain-adversarial training against speakers, on functionals"
    references: ClassVar[tuple[str, ...]] = (TU_2019, GANIN_2016)
    adapts: ClassVar[str] = "mlp"

    strength: Annotated[float, Field(ge=0)] = 1.0

    def _adversary(self, train: Utterances) -> "Adversary":
        from sabench_plugins.functionals.adversary import Adversary

        return Adversary(self.units, train, self.strength)


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `dat`."""
    return {"dat": Dat}
