"""MEnAN: a representation that leaves a classifier of speakers in doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from sabench import Adapter, Utterances, hookimpl
from sabench_plugins.references import LI_2020
from sabench_plugins.sequences.adapter import SmallNetwork

if TYPE_CHECKING:
    from sabench_plugins.objectives.plain import Plain


@dataclass(kw_only=True, eq=False, repr=False)
class Menan(SmallNetwork):
    """Speaker-invariant training by maximum entropy; needs nothing of a target speaker.

    Li, Tu, Huang, Narayanan and Georgiou, "Speaker-invariant affective representation learning via adversarial
    training", ICASSP 2020, doi 10.1109/icassp40776.2020.9054580, of which only the abstract and what others say of it
    could be read. Two steps take turns on every batch: a head that tells the training speakers learns on the
    representation, which stays as it is; then encoder and emotion head minimise the loss of emotions minus
    `entropy_weight` times the entropy of that head's posterior, which is largest where it has no idea.

    That the entropy stands in for a reversed gradient altogether, one step of the speakers for one of the emotions, the
    weight, all sizes and the recipe are [guess]; their augmentation is left out. The weight was chosen on validation
    speakers of nEMO (eGeMAPS, two seeds, best UAR in % of the later half of the epochs): 41.4, 42.7, 43.0, 42.6 and
    42.0 at 0.03, 0.1, 0.3, 1 and 3, where `mlp` has 40.7. At weight 0 it is trained as `mlp` on
    functionals and as `tdnn` on sequences, with other random numbers.

    Attributes:
        entropy_weight: of the entropy (in nats) beside the loss of emotions.
        speaker_steps: steps of the speaker head before each of encoder and emotion head.
    """

    name: ClassVar[str] = "menan"
    title: ClassVar[str] = "maximum entropy adversarial training against speakers"
    references: ClassVar[tuple[str, ...]] = (LI_2020,)
    libraries: ClassVar[tuple[str, ...]] = (*SmallNetwork.libraries, "sabench_plugins.objectives.entropy")
    work: ClassVar[float] = 2.0

    entropy_weight: Annotated[float, Field(ge=0)] = 0.3
    speaker_steps: Annotated[int, Field(ge=1)] = 1

    def _objective(self, train: Utterances) -> "Plain":
        from sabench_plugins.objectives.entropy import MaximumEntropy

        return MaximumEntropy(self.units, train, self.entropy_weight, self.speaker_steps)


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `menan`."""
    return {"menan": Menan}
