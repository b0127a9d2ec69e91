"""Speaker normalisation by gradients, of frames that a frozen network made, under a pooling that is learnt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sabench import Adapter, hookimpl
from sabench_plugins.adapters.dat import Dat
from sabench_plugins.references import GANIN_2016, GAT_2022

if TYPE_CHECKING:
    from sabench_plugins.sequences.frames import FrameClassifier


@dataclass(kw_only=True, eq=False, repr=False)
class SpeakerAdversarialTap(Dat):
    """Frames of a frozen network, pooled by learnt attention, with an adversary that tells speakers.

    Gat, Aronowitz, Zhu, Morais and Hoory, "Speaker normalization for self-supervised speech emotion recognition",
    ICASSP 2022, arXiv:2202.01252, of which only the abstract could be read: an adversary, by gradients, takes out of a
    representation what tells speakers, while emotions are learnt. Theirs is that of a self-supervised speech model,
    whose frames are frozen here, so that any features that are sequences will do: name such a model's with
    `--features`. Attention as the pooling, gradient reversal (see `dat`) as the adversary, its strength,
    sizes and recipe are [guess]. At strength 0 it is `tap`, its control.
    """

    name: ClassVar[str] = "speaker-adversarial-tap"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "learnt pooling of frames, trained against speakers"
    references: ClassVar[tuple[str, ...]] = (GAT_2022, GANIN_2016)
    libraries: ClassVar[tuple[str, ...]] = (*Dat.libraries, "sabench_plugins.sequences.attention")
    features: ClassVar[str] = "logmel"
    accepts: ClassVar[tuple[str, ...]] = ("sequences",)
    adapts: ClassVar[str | Mapping[str, str]] = "tap"

    def _frame_network(self, width: int, n_classes: int) -> "FrameClassifier":
        from sabench_plugins.sequences.attention import AttentivePooling

        return AttentivePooling(width, self.channels, self.units, n_classes, self.dropout).eval()


@hookimpl
def sabench_adapters() -> Mapping[str, type[Adapter]]:
    """Offer `speaker-adversarial-tap`."""
    return {"speaker-adversarial-tap": SpeakerAdversarialTap}
