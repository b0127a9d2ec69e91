"""CrossGrad: emotions are learnt from inputs that sound a little like other speakers, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sabench import Adapter, Utterances, hookimpl
from sabench_plugins.references import SHANKAR_2018, TU_2019
from sabench_plugins.sequences.adapter import SmallNetwork

if TYPE_CHECKING:
    from sabench_plugins.classifier import Classifier
    from sabench_plugins.objectives.plain import Plain


@dataclass(kw_only=True, eq=False, repr=False)
class CrossGrad(SmallNetwork):
    """Speaker-invariant training by crossed gradients; needs nothing of a target speaker.

    Shankar, Piratla, Chakrabarti, Chaudhuri, Jyothi and Sarawagi, "Generalizing across domains via cross-gradient
    training", ICLR 2018, and their code (github.com/vihari/crossgrad): two networks, one for the label and one for the
    domain, here the speaker. The label network also sees x + epsilon times the gradient of the *speaker* loss in x, and
    the speaker network x + epsilon times that of the *label* loss; every number of a gradient is clipped to +-0.1, and
    the gradients are constants. The loss is (1 - alpha) of the plain ones plus alpha of the moved ones, with alpha 0.5,
    which is theirs. Tu, Tang, Huang, He and Zhou, arXiv:1903.09606, 2019, brought it to speech emotion.

    Gradients are those of an utterance's own loss, where their code takes the mean over a batch, so that the batch
    size changes nothing, and inputs are counted in standard deviations of training [guess]. Epsilon (theirs is 10, on
    images), sizes and the recipe are [guess], and so is where Tu et al. move: `hidden` moves the last hidden layer of
    one encoder that both heads share. On validation speakers of nEMO (eGeMAPS, two seeds, best UAR in % of the later
    half of the epochs) epsilon hardly matters: 40.5, 40.3, 41.0, 40.7 and 40.5 at 0, 1, 3, 10 and 30, where `mlp` has
    40.7, so it stays theirs. At alpha 0 it is trained as `mlp` on functionals and as `tdnn` on
    sequences, with other random numbers.

    Attributes:
        epsilon: how far an input moves for each unit of gradient.
        alpha: weight of what was moved.
        moved: what is moved: the input of two networks, or the hidden layer of one.
    """

    name: ClassVar[str] = "crossgrad"
    title: ClassVar[str] = "cross-gradient training across speakers"
    references: ClassVar[tuple[str, ...]] = (SHANKAR_2018, TU_2019)
    libraries: ClassVar[tuple[str, ...]] = (*SmallNetwork.libraries, "sabench_plugins.objectives.cross_gradient")
    work: ClassVar[float] = 4.0

    epsilon: Annotated[float, Field(ge=0)] = 10.0
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    moved: Literal["input", "hidden"] = "input"

    def _objective(self, train: Utterances) -> "Plain":
        from sabench_plugins.objectives.cross_gradient import CrossGradient, CrossGradientOfHidden

        if self.moved == "hidden":
            return CrossGradientOfHidden(self.units, train, self.epsilon, self.alpha)
        return CrossGradient(self._speaker_network(train), train, self.epsilon, self.alpha)

    def _speaker_network(self, train: Utterances) -> "Classifier":
        """Return a network as that of emotions, whose classes are the training speakers."""
        on_functionals = train.features[0].ndim == 1
        network = self._network if on_functionals else self._frame_network
        return network(train.features.width, len(train.rows_of))


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `crossgrad`."""
    return {"crossgrad": CrossGrad}
