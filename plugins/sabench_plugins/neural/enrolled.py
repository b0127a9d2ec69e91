"""The members of the family that see neutral utterances of the target speaker."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sabench import Access, AccessError, Enrolment, Predictor
from sabench_plugins.neural.adapter import Neural

if TYPE_CHECKING:
    from sabench_plugins.neural.engine import Beside
    from sabench_plugins.neural.fast.folded import FoldedNetwork


@dataclass(kw_only=True, eq=False, repr=False)
class Enrolled(Neural):
    """A network beside whose input stands a neutral utterance of the same speaker.

    Attributes:
        neutral: enrolment utterances at test; training and validation always see one, so that this
            number re-uses a trained model.
        allow_self: whether a neutral training utterance may stand beside itself. [guess] The seed does
            not say; here never.
        companions: whose neutral utterances stand beside those of training; `other-speaker` is a control that has
            learnt nothing from them.
        subtract: whether the mean over time of the neutral utterances is taken off every frame of the utterance, as
            `svm-neutral` does with functionals; not in the paper.
    """

    evaluation_parameters: ClassVar[tuple[str, ...]] = ("neutral",)

    neutral: Annotated[int, Field(ge=1)] = 1
    allow_self: bool = False
    companions: Literal["same-speaker", "other-speaker"] = "same-speaker"
    subtract: bool = False

    @property
    def access(self) -> Access:
        """So many neutral utterances of the target speaker."""
        return Access(neutral=self.neutral)

    def _enrolled(self, network: "FoldedNetwork", enrolment: Enrolment) -> Predictor:
        if not len(enrolment.neutral):
            msg = (
                f"{self.name} needs a neutral utterance of the target speaker and was given none. Reserve one in the "
                "protocol's pool (--pool neutral=1), or name a recording of the speaker with --enrol."
            )
            raise AccessError(msg)
        return super()._enrolled(network, enrolment)

    def _beside(self) -> "Beside":
        from sabench_plugins.neural.engine import Beside

        return Beside(self.companions, self.allow_self, repeated=self.channels > 1, subtracted=self.subtract)
