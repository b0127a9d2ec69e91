"""Speaker embedding: a small network is told who speaks, not how they sound when neutral."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from sabench import Access, Adapter, Context, Enrolment, FeatureError, Utterances, hookimpl
from sabench_plugins.functionals.adapter import FunctionalsAdapter
from sabench_plugins.references import PEREZ_2018, WAN_2018

if TYPE_CHECKING:
    from sabench_plugins.functionals.network import Perceptron
    from sabench_plugins.training import Schedule


@dataclass(kw_only=True, eq=False, repr=False)
class SpeakerEmbedding(FunctionalsAdapter):
    """`film` or `concat`, conditioned on a speaker embedding of neutral utterances instead of on their functionals.

    Functionals end in the embedding: those before it are classified, and of the enrolled utterances the network sees
    the mean embedding alone. So it knows whom it hears (Wan et al., "Generalized end-to-end loss for speaker
    verification", ICASSP 2018) and has no neutral baseline of what it classifies, which `film` has. The embedding of
    the utterance itself is not looked at. Modulation is that of Perez et al., "FiLM: visual reasoning with a general
    conditioning layer", AAAI 2018. Ours; how the embedding enters, that each of its values is standardised as the
    others are, sizes and training are [guess].

    Its control is `mlp-emotion`, the same network on the same functionals without the embedding, which is `mlp` on
    those alone.

    Attributes:
        neutral: neutral utterances of a speaker, in training and at test.
        speaker_values: how many values at the end of the functionals are the speaker embedding.
        conditioning: how it enters: see `sabench_plugins.functionals.network.Perceptron`; `none` for not at all.
        companions: whose neutral utterances stand beside those of training: `same-speaker`, or `other-speaker` for a
            control that has learnt nothing from them.
    """

    name: ClassVar[str] = "speaker-embedding"
    title: ClassVar[str] = "functionals modulated by a speaker embedding of neutral utterances"
    references: ClassVar[tuple[str, ...]] = (WAN_2018, PEREZ_2018)
    features: ClassVar[str] = "functionals-dvector"
    adapts: ClassVar[str] = "mlp-emotion"
    check_parameters: ClassVar[dict[str, Any]] = {**FunctionalsAdapter.check_parameters, "speaker_values": 20}

    neutral: Annotated[int, Field(ge=1)] = 1
    speaker_values: Annotated[int, Field(ge=1)] = 256
    conditioning: Literal["film", "concatenation", "layers", "none"] = "film"
    companions: Literal["same-speaker", "other-speaker"] = "same-speaker"

    @property
    def access(self) -> Access:
        """Neutral utterances, unless it is its own control."""
        return Access(neutral=0 if self.conditioning == "none" else self.neutral)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Train the network.

        Raises:
            FeatureError: the functionals are no longer than the embedding at their end.
        """
        if train.features.width <= self.speaker_values:
            msg = (
                f"the features have {train.features.width} values; expected more than the {self.speaker_values} of a "
                "speaker embedding at their end. Take --features functionals-dvector, or set speaker_values."
            )
            raise FeatureError(msg)
        super().fit(train, validation, context=context)

    def _schedule(self) -> "Schedule":
        return replace(super()._schedule(), neutral=self.access.neutral, companions=self.companions)

    def _network(self, width: int, n_classes: int) -> "Perceptron":
        from sabench_plugins.functionals.network import Perceptron

        sizes = (width, self.units, n_classes, self.dropout)
        return Perceptron(*sizes, self.conditioning, speaker_width=self.speaker_values).eval()


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `speaker-embedding`."""
    return {"speaker-embedding": SpeakerEmbedding}
