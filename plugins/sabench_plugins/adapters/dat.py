"""Domain-adversarial training: a representation from which speakers cannot be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from sabench import Adapter, Utterances, hookimpl
from sabench_plugins.references import GANIN_2016, TU_2019
from sabench_plugins.sequences.adapter import SmallNetwork

if TYPE_CHECKING:
    from sabench_plugins.objectives.plain import Plain


@dataclass(kw_only=True, eq=False, repr=False)
class Dat(SmallNetwork):
    """Speaker-invariant training by gradient reversal; needs nothing of a target speaker.

    Tu, Tang, Huang, He and Zhou, "Towards adversarial learning of speaker-invariant representation for speech emotion
    recognition", arXiv:1903.09606, 2019, after Ganin et al., "Domain-adversarial training of neural networks", JMLR 17,
    2016: a representation, and on it one network that tells emotions and one that tells the training speakers; the
    gradient of the latter reaches the representation reversed. Both are trained together, end to end. The adversary's
    strength rises in training, and only epochs that met 98 % of it or more can be kept.

    Theirs is a time-delay network with LSTM and statistics pooling on frames; here it is a time-delay network without
    LSTM on sequences, and on functionals a network as small, so that it compares with the support vector machines
    [guess]. The strength, its course (that of Ganin et al.), all sizes and the recipe are [guess] too. At strength 0
    it is `mlp` on functionals and `tdnn` on sequences.

    Attributes:
        strength: weight of the reversed gradient at the end of training.
    """

    name: ClassVar[str] = "dat"
    version: ClassVar[str] = "2"
    title: ClassVar[str] = "domain-adversarial training against speakers"
    references: ClassVar[tuple[str, ...]] = (TU_2019, GANIN_2016)
    libraries: ClassVar[tuple[str, ...]] = (*SmallNetwork.libraries, "sabench_plugins.objectives.reversal")

    strength: Annotated[float, Field(ge=0)] = 1.0

    def _objective(self, train: Utterances) -> "Plain":
        from sabench_plugins.objectives.reversal import Reversal

        return Reversal(self.units, train, self.strength)


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `dat`."""
    return {"dat": Dat}
