"""What the adapters of the family share."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from sabench import Adapter, Context, Cost, Enrolment, Predictor, Utterances, uar
from sabench_plugins.neural.recipe import PAPER, SMALL, SMALL_FEATURES, Recipe
from sabench_plugins.neural.sizes import Shape
from sabench_plugins.references import TRIANTAFYLLOPOULOS_2021

if TYPE_CHECKING:
    from sabench_plugins.neural.engine import Beside, Validate
    from sabench_plugins.neural.fast.folded import FoldedNetwork
    from sabench_plugins.neural.network import Network

LONG_S: Final = 3600.0
"""An estimate above this is worth a word of advice."""


@dataclass(kw_only=True, eq=False, repr=False)
class Neural(Recipe, Adapter):
    """A classifier of the family, trained end to end on log-spectrograms."""

    version: ClassVar[str] = "5"
    references: ClassVar[tuple[str, ...]] = (TRIANTAFYLLOPOULOS_2021,)
    libraries: ClassVar[tuple[str, ...]] = (
        "torch",
        "sabench_plugins.neural.engine",
        "sabench_plugins.neural.fast.folded",
        "sabench_plugins.neural.predictor",
        "safetensors.numpy",
    )
    features: ClassVar[str] = "logspec"
    accepts: ClassVar[tuple[str, ...]] = ("sequences",)
    uses_validation: ClassVar[bool] = True
    stochastic: ClassVar[bool] = True
    devices: ClassVar[tuple[str, ...]] = ("cuda", "mps", "cpu")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": PAPER, "small": SMALL}
    preset_features: ClassVar[Mapping[str, str]] = {"small": SMALL_FEATURES}
    search_grid: ClassVar[Mapping[str, Sequence[Any]]] = {"batch_size": [8, 16, 32]}
    check_parameters: ClassVar[Mapping[str, Any]] = {
        **SMALL,
        "width": 1 / 32,
        "crop_s": 0.2,
        "batch_size": 12,
        "epochs": 2,
    }
    channels: ClassVar[int] = 1
    conditioned: ClassVar[bool] = False

    def shape(self, bins: int, classes: int) -> Shape:
        """Return the network's shape for a feature axis and a number of classes."""
        return Shape(bins, classes, self.channels, self.conditioned, self.width, self.hidden, stride=self.stride)

    def fit(self, train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]], *, context: Context) -> None:
        """Train the network; the weights of the epoch with the best validation UAR stay."""
        import torch

        from sabench_plugins.neural.engine import Training
        from sabench_plugins.neural.fast.folded import FoldedNetwork
        from sabench_plugins.neural.fast.memory import give_back, keep_freed

        torch.set_num_threads(context.threads)
        keep_freed()
        network = self._network(self.shape(train.features.width, len(train.classes)), context.device, context.seed)
        validate = self._validate(network, train, validation) if validation else None
        Training(
            network,
            train,
            self,
            context,
            validate=validate,
            beside=self._beside(),
        ).run()
        give_back()
        self.network_, self.device_ = network, context.device
        self.folded_ = FoldedNetwork(network)

    def enrol(self, enrolment: Enrolment) -> Predictor:
        """Return a predictor for one target speaker."""
        return self._enrolled(self.folded_, enrolment)

    def _beside(self) -> "Beside | None":
        """Return what stands beside each training utterance: nothing."""
        return None

    def n_parameters(self) -> int:
        """Return the number of trained parameters."""
        return self.network_.shape.parameters

    def save(self, folder: Path) -> None:
        """Write `network.safetensors`, and `network.json` with the shape."""
        from dataclasses import asdict

        from safetensors.numpy import save_file

        from sabench_plugins.weights import weights_of

        save_file(weights_of(self.network_), folder / "network.safetensors")
        about = {"shape": asdict(self.network_.shape), "device": self.device_}
        (folder / "network.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what `save` wrote, onto the device of training where this machine has it."""
        from safetensors.numpy import load_file

        from sabench_plugins.neural.fast.folded import FoldedNetwork
        from sabench_plugins.weights import set_weights

        about = json.loads((folder / "network.json").read_text(encoding="utf-8"))
        self.device_ = about["device"]
        self.network_ = self._network(Shape(**about["shape"]), self.device_, seed=0).eval()
        set_weights(self.network_, load_file(folder / "network.safetensors"))
        self.folded_ = FoldedNetwork(self.network_)

    def _network(self, shape: Shape, device: str, seed: int) -> "Network":
        """Return a network whose first weights follow from the seed alone."""
        import torch

        from sabench_plugins.neural.network import Network
        from sabench_plugins.neural.scores import device_of

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(np.random.SeedSequence((seed, 0)).generate_state(1)[0]))
            network = Network(shape)
        return network.to(memory_format=torch.channels_last).to(device_of(device))

    def _enrolled(self, network: "FoldedNetwork", enrolment: Enrolment) -> Predictor:
        from sabench_plugins.neural.predictor import predictor_for

        return predictor_for(network, enrolment.neutral, subtract=bool(getattr(self, "subtract", False)))

    def _validate(
        self, network: "Network", train: Utterances, validation: Sequence[tuple[Enrolment, Utterances]]
    ) -> "Validate":
        """Return a function that scores the network over all validation speakers together."""
        from sabench_plugins.neural.fast.folded import FoldedNetwork
        from sabench_plugins.neural.scores import class_weights, negative_log_likelihood

        weights = class_weights(train.y, len(train.classes), self.weighting)
        truth = np.concatenate([utterances.y for _, utterances in validation])

        def validate() -> tuple[float, float]:
            folded = FoldedNetwork(network)
            probabilities = np.concatenate(
                [
                    self._enrolled(folded, first_only(enrolment)).predict_proba(utterances.features)
                    for enrolment, utterances in validation
                ]
            )
            loss = negative_log_likelihood(truth, probabilities, weights)
            return uar(truth, probabilities.argmax(axis=1)), loss

        return validate

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate training, validation and evaluation from their arithmetic and the device's usual speed."""
        from sabench_plugins.neural.cost import device_bytes, seconds

        shape = self.shape(width, n_classes)
        expected = seconds(shape, self, lengths, device=device, threads=threads)
        advice = ""
        if expected > LONG_S:
            shorter = "a GPU, fewer epochs or a smaller width shorten it"
            if self.width > SMALL["width"]:
                shorter = "--preset small trains a narrow network in a fraction of it"
            advice = f"About {expected / 3600:.0f} h on {device}; {shorter}."
        needed = device_bytes(shape, self, lengths) if device == "cuda" else 0
        return Cost(expected, shape.parameters, advice, needed)


def first_only(enrolment: Enrolment) -> Enrolment:
    """Return an enrolment with one neutral utterance: their number at test must not change what is trained."""
    return Enrolment(neutral=enrolment.neutral[:1])
