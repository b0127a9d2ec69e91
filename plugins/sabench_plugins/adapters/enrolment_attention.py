"""Enrolment attention: a network looks up, for each utterance, what it needs in a set of enrolled ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from sabench import Access, Adapter, Context, Cost, Enrolment, Utterances, hookimpl
from sabench_plugins.functionals.adapter import FunctionalsAdapter
from sabench_plugins.references import TRIANTAFYLLOPOULOS_2022, TRIANTAFYLLOPOULOS_2024

if TYPE_CHECKING:
    from sabench_plugins.functionals.enrolled_set import EnrolmentPerceptron

DRAW_S = 4e-5
"""Seconds to draw the set of one utterance."""


@dataclass(kw_only=True, eq=False, repr=False)
class EnrolmentAttention(FunctionalsAdapter):
    """An emotion encoder, an enrolment encoder, and attention of the one over the set of the other.

    Triantafyllopoulos and Schuller, "Enrolment-based personalisation for improving individual-level fairness in speech
    emotion recognition", Interspeech 2024, after Triantafyllopoulos et al., "Exploring speaker enrolment for few-shot
    personalisation in emotional vocalisation prediction", 2022, where dot-product attention adjusts the emotion encoder
    by two unlabelled samples. Their encoders are large and pretrained; here both are small and see functionals or
    frozen embeddings. How the attended is added, sizes and training are [guess]; without the set it is `mlp`.

    Attributes:
        neutral: neutral utterances of a speaker, in training and at test.
        unlabelled: utterances of any emotion beside them.
    """

    name: ClassVar[str] = "enrolment-attention"
    title: ClassVar[str] = "attention over a set of enrolment utterances"
    references: ClassVar[tuple[str, ...]] = (TRIANTAFYLLOPOULOS_2024, TRIANTAFYLLOPOULOS_2022)
    adapts: ClassVar[str] = "mlp"
    libraries: ClassVar[tuple[str, ...]] = (*FunctionalsAdapter.libraries, "sabench_plugins.functionals.enrolled_set")

    neutral: Annotated[int, Field(ge=0)] = 1
    unlabelled: Annotated[int, Field(ge=0)] = 0

    @property
    def access(self) -> Access:
        """Neutral utterances, unlabelled ones, or both."""
        return Access(neutral=self.neutral, unlabelled=self.unlabelled)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Train the network beside sets that are drawn anew in each epoch."""
        import torch

        from sabench_plugins.functionals.enrolled_set import SetTraining

        torch.manual_seed(context.seed)
        self.network_ = self._network(train.features.width, len(train.classes))
        SetTraining(self.network_, train, validation, self._schedule(), context, self.access).run()

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate from the number of steps and of sets drawn."""
        steps = super().cost(lengths, width, n_classes, device=device, threads=threads)
        return Cost(seconds=1.5 * steps.seconds + DRAW_S * self.epochs * len(lengths))

    def _network(self, width: int, n_classes: int) -> "EnrolmentPerceptron":
        from sabench_plugins.functionals.enrolled_set import EnrolmentPerceptron

        return EnrolmentPerceptron(width, self.units, n_classes, self.dropout, self.access).eval()


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `enrolment-attention`."""
    return {"enrolment-attention": EnrolmentAttention}
