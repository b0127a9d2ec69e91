"""What plugin authors subclass or return."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from sabench.errors import ContractError
from sabench.interfaces.records import Access, Corpus, Cost, Reported

if TYPE_CHECKING:
    import numpy as np

    from sabench.interfaces.views import Enrolment, FeatureView, Transform, Utterances

Progress = Callable[[int, int], None]
"""Called with (done, total) while long work goes on."""


class Plugin(ABC):
    """The base of everything that a plugin offers.

    Constructor parameters are annotated keywords with defaults, stored untouched under their own
    names; they and `version` are the plugin's identity. Fitted state ends in an underscore.

    Attributes:
        name: as registered and typed by users.
        title: what it is, in a few words.
        version: raise it when what is computed changes; it enters every hash.
        libraries: names of modules that its work imports while it runs, such as `torch`. Every fold runs in a
            process of its own; these are imported once for all of them.
        references: what it stands on, a BibTeX entry each.
        check_parameters: under which the conformance suite checks it, where the defaults would take long.
        expected_failed_checks: names of checks that it is known to fail, with the reason.
    """

    name: ClassVar[str]
    title: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    libraries: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[str, ...]] = ()
    check_parameters: ClassVar[Mapping[str, Any]] = {}
    expected_failed_checks: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def signature(cls) -> dict[str, inspect.Parameter]:
        """Return the constructor parameters by name, without `self`."""
        return dict(_parameters_of(cls.__init__))

    def parameters(self) -> dict[str, Any]:
        """Return the constructor parameters as they are stored.

        Raises:
            ContractError: a parameter is not stored under its own name.
        """
        missing = [name for name in self.signature() if not hasattr(self, name)]
        if missing:
            msg = (
                f"{type(self).__name__} does not store {', '.join(missing)}; "
                "a constructor stores each parameter untouched."
            )
            raise ContractError(msg)
        return {name: getattr(self, name) for name in self.signature()}

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.parameters().items())
        return f"{type(self).__name__}({inside})"


@lru_cache(maxsize=256)
def _parameters_of(constructor: Callable[..., None]) -> dict[str, inspect.Parameter]:
    if constructor is object.__init__:  # which has none, and is slow to be asked
        return {}
    parameters = inspect.signature(constructor).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


class Dataset(Plugin):
    """A corpus of emotional speech: layout and labels to a `Corpus`.

    Attributes:
        licence: under which terms the corpus may be used.
        url: where it is obtained.
        citation: how it is cited.
        language: of the speech.
        tasks: names of its tasks; the first is the default.
        default_protocol: name of the protocol that its literature uses.
        labels_shareable: whether result bundles may carry its labels.
        root_is_file: whether its root is a file rather than a folder.
        can_simulate: whether `simulate` is there.
        simulation_version: raised when `simulate` writes other files; cached twins of older ones are left alone.
        reported: results of the literature.

    >>> from sabench import Corpus, utterance_table
    >>> class Toys(Dataset):
    ...     name, tasks = "toys", ("2class",)
    ...
    ...     def load(self, root, task):
    ...         rows = [
    ...             {"id": path.stem, "path": str(path), "speaker": path.stem[0], "label": path.stem[1]}
    ...             for path in sorted(root.glob("*.wav"))
    ...         ]
    ...         return Corpus(self.name, task, ("h", "s"), utterance_table(rows), root)
    >>> Toys().tasks
    ('2class',)
    """

    licence: ClassVar[str] = ""
    url: ClassVar[str] = ""
    citation: ClassVar[str] = ""
    language: ClassVar[str] = ""
    tasks: ClassVar[tuple[str, ...]] = ()
    default_protocol: ClassVar[str] = "loso"
    labels_shareable: ClassVar[bool] = False
    root_is_file: ClassVar[bool] = False
    can_simulate: ClassVar[bool] = False
    simulation_version: ClassVar[str] = "1"
    reported: ClassVar[tuple[Reported, ...]] = ()

    @abstractmethod
    def load(self, root: Path, task: str) -> Corpus:
        """Read labels and layout, no audio.

        Row-level faults (a label that is not known, a file that is not there) are gathered in
        `Corpus.faults` with file and line; the harness adds what it finds while decoding.

        Raises:
            DatasetError: nothing can be read, saying what was expected where.
        """

    def simulate(
        self,
        root: Path,
        *,
        scale: float = 0.05,
        seed: int = 0,
        speaker_effect: float = 1.0,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Write a simulated twin in the layout that `load` reads."""
        msg = f"Dataset {self.name!r} has no simulated twin."
        raise ContractError(msg)


class FeatureExtractor(Plugin):
    """Signal to numbers.

    Attributes:
        kind: `functionals` for `(n_features,)`, `sequences` for `(n_frames, n_bins)`.
        hop_s: seconds from one frame of a sequence to the next, for estimates of cost; an extractor may
            have a parameter of this name.
        trained_on: names of datasets that its weights have seen. A run on one of them is marked contaminated and
            never ranked with the rest.

    >>> import numpy as np
    >>> class Level(FeatureExtractor):
    ...     name, kind = "level", "functionals"
    ...
    ...     def __init__(self, floor: float = 1e-6) -> None:
    ...         self.floor = floor
    ...
    ...     def extract(self, signal, sampling_rate):
    ...         return np.log([np.abs(signal).mean() + self.floor]).astype(np.float32)
    >>> Level().extract(np.ones((1, 16_000), np.float32), 16_000).round(3).tolist()
    [0.0]
    """

    kind: ClassVar[Literal["functionals", "sequences"]]
    hop_s: float = 0.010
    trained_on: tuple[str, ...] = ()

    @property
    def most_jobs(self) -> int | None:
        """Worker processes at most: one where a graphics card does the work."""
        return None

    def prepare(self) -> None:
        """Get what `extract` needs, such as weights; called once before worker processes start.

        Raises:
            FeatureError: it cannot be had, saying what was expected where.
        """

    def expected_shape(self, duration_s: float) -> tuple[int, ...] | None:
        """Return the shape of the features of so many seconds where it is known beforehand, to estimate costs."""
        return None

    @abstractmethod
    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return float32 features of a float32 signal of shape `(channels, samples)` in [-1, 1]."""


class Reporter(Protocol):
    """Receives one line an epoch."""

    def __call__(self, **values: float) -> None:
        """Record named numbers; `epoch` counts from 1."""
        ...


class Checkpoint(Protocol):
    """Keeps the state of training from which the next epoch goes on; each save is atomic."""

    def save(self, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
        """Replace what is kept by named arrays and a JSON value."""
        ...

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Return what was kept last, or None."""
        ...


@dataclass(frozen=True)
class Context:
    """What the harness hands to `fit` besides data.

    Attributes:
        seed: derives every random number of the fit; derive those of epoch e from (seed, e).
        device: `cpu`, `cuda` or `mps`.
        threads: processor threads to use.
        report: called once an epoch.
        checkpoint: where the state of training is kept.
    """

    seed: int
    device: str
    threads: int
    report: Reporter
    checkpoint: Checkpoint


class Predictor(Protocol):
    """A method enrolled for one speaker."""

    def predict_proba(self, features: FeatureView) -> np.ndarray:
        """Return shape `(n_utterances, n_classes)`; no row depends on the other rows of the call."""
        ...


class Normaliser(Plugin):
    """A speaker transform of features, in front of any adapter.

    `enrol` returns a function of one array that keeps its shape. Statistics run over all axes but
    the last, so that functionals and sequences are alike.

    >>> import numpy as np
    >>> from sabench import Enrolment, FeatureView, Memory
    >>> class Centre(Normaliser):
    ...     name = "centre"
    ...
    ...     @property
    ...     def access(self):
    ...         return Access(neutral=1)
    ...
    ...     def fit(self, train):
    ...         pass
    ...
    ...     def enrol(self, enrolment):
    ...         mean = enrolment.neutral.stack().mean(axis=0)
    ...         return lambda array: array - mean
    >>> neutral = FeatureView(Memory([np.array([1.0, 2.0], np.float32)]))
    >>> Centre().enrol(Enrolment(neutral=neutral))(np.array([3.0, 3.0])).tolist()
    [2.0, 1.0]
    """

    @property
    def access(self) -> Access:
        """How much enrolment it needs, with its present parameters."""
        return Access()

    @abstractmethod
    def fit(self, train: Utterances) -> None:
        """Learn from the training speakers."""

    @abstractmethod
    def enrol(self, enrolment: Enrolment) -> Transform:
        """Return the transform for one speaker, leaving the normaliser unchanged."""

    def save(self, folder: Path) -> None:
        """Write the fitted state, without pickle."""
        msg = f"Normaliser {self.name!r} cannot be saved."
        raise ContractError(msg)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        msg = f"Normaliser {self.name!r} cannot be loaded."
        raise ContractError(msg)


class Adapter(Plugin):
    """A complete method under test; the unadapted baselines are adapters too.

    Attributes:
        features: name of the default extractor.
        accepts: kinds of features that it takes.
        uses_validation: whether `fit` looks at validation speakers; those of methods that do not are
            added to the training set.
        stochastic: whether the seed changes the fit.
        adapts: name of the unadapted method that it builds on and is held against; empty for a method of its own. Where
            that is another one for each kind of features, a mapping of kinds to names.
        devices: what it can use, best first.
        presets: named sets of parameters.
        preset_features: name of the extractor that a preset takes in place of `features`, by the preset's name.
        search_grid: values to choose from on validation with `--search`.
        evaluation_parameters: parameters that change predictions but not the fit; they enter the
            evaluation key, so that a trained model is re-used.

    A baseline that predicts how frequent each class is in training, whoever speaks:

    >>> import numpy as np
    >>> from sabench import FeatureView, Memory, Utterances
    >>> class Prior(Adapter):
    ...     name = "prior"
    ...
    ...     def fit(self, train, validation, *, context):
    ...         self.prior_ = np.bincount(train.y, minlength=len(train.classes)) / len(train)
    ...
    ...     def enrol(self, enrolment):
    ...         return self
    ...
    ...     def predict_proba(self, features):
    ...         return np.tile(self.prior_, (len(features), 1))
    >>> features = FeatureView(Memory([np.zeros(2, np.float32)] * 4))
    >>> speaker, neutral = np.array(["a", "a", "b", "b"]), np.zeros(4, bool)
    >>> prior = Prior()
    >>> prior.fit(Utterances(features, np.array([0, 0, 0, 1]), speaker, neutral, ("happy", "sad")), (), context=None)
    >>> prior.enrol(None).predict_proba(features.take([0])).tolist()
    [[0.75, 0.25]]
    """

    features: ClassVar[str] = "egemaps"
    accepts: ClassVar[tuple[str, ...]] = ("functionals",)
    uses_validation: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    adapts: ClassVar[str | Mapping[str, str]] = ""
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    preset_features: ClassVar[Mapping[str, str]] = {}
    search_grid: ClassVar[Mapping[str, Sequence[Any]]] = {}
    evaluation_parameters: ClassVar[tuple[str, ...]] = ()

    @property
    def access(self) -> Access:
        """How much enrolment it needs, with its present parameters."""
        return Access()

    @classmethod
    def unadapted(cls, kind: str) -> str:
        """Return the name of the unadapted method that it builds on, on features of a kind; empty where there is none.

        >>> class Either(Adapter):
        ...     adapts = {"functionals": "mlp", "sequences": "tdnn"}
        >>> Either.unadapted("sequences")
        'tdnn'
        """
        return cls.adapts if isinstance(cls.adapts, str) else cls.adapts.get(kind, "")

    @abstractmethod
    def fit(
        self,
        train: Utterances,
        validation: Sequence[tuple[Enrolment, Utterances]],
        *,
        context: Context,
    ) -> None:
        """Learn from training speakers; `validation` holds one pair a speaker, enrolled as targets are."""

    @abstractmethod
    def enrol(self, enrolment: Enrolment) -> Predictor:
        """Return a predictor for one target speaker, leaving the adapter unchanged."""

    def cost(self, lengths: np.ndarray, width: int, n_classes: int, *, device: str, threads: int) -> Cost:
        """Estimate fit and evaluation from the frames of each training utterance and the width of features."""
        return Cost(seconds=0.0)

    def n_parameters(self) -> int | None:
        """Return the number of trained parameters after `fit`; None where the notion does not apply."""
        return None

    def savable(self) -> bool:
        """Return, after `fit`, whether `save` is to be called: where it is written, unless a subclass says not."""
        return type(self).save is not Adapter.save

    def save(self, folder: Path) -> None:
        """Write the fitted state, without pickle; `sabench predict` needs it."""
        msg = f"Adapter {self.name!r} cannot be saved."
        raise ContractError(msg)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        msg = f"Adapter {self.name!r} cannot be loaded."
        raise ContractError(msg)
