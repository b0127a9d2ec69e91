"""The frozen records that travel between the steps. They know no file, no plugin and no library but pandas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from sabench.errors import ParameterError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

ALL: Final = "all"
Amount = int | Literal["all"]

COLUMNS: Final = (
    "id",
    "path",
    "start_s",
    "end_s",
    "speaker",
    "gender",
    "label",
    "neutral",
    "partition",
    "session",
)
"""Columns of `Corpus.table`, one row an utterance."""
OPTIONAL_COLUMNS: Final = ("text", "fold")
"""Columns that a table has where its corpus knows them; neither enters the fingerprint."""


TRAINED_ON: Final = "trained_on"
"""Stands among the parameters of features whose weights have seen datasets, with their names."""


@dataclass(frozen=True)
class Access:
    """How much enrolment of a target speaker a method needs: its price tag.

    Attributes:
        neutral: utterances known to be neutral (an oracle label, and reported as such).
        unlabelled: utterances of any emotion without label; `ALL` means every utterance of the
            speaker, the scored ones included, and is called transductive.
        labelled: utterances with their labels.

    >>> Access(neutral=1) | Access(unlabelled=ALL)
    Access(neutral=1, unlabelled='all', labelled=0)
    >>> str(Access()), str(Access(neutral=2)), str(Access(unlabelled=ALL))
    ('none', '2 neutral', 'transductive')
    """

    neutral: int = 0
    unlabelled: Amount = 0
    labelled: int = 0

    def __post_init__(self) -> None:
        for name in ("neutral", "unlabelled", "labelled"):
            value = getattr(self, name)
            if value == ALL and name == "unlabelled":
                continue
            if not isinstance(value, int) or value < 0:
                msg = f"Access.{name} is {value!r}; expected a whole number, zero or more."
                raise ValueError(msg)

    @property
    def transductive(self) -> bool:
        """Whether the scored utterances themselves are seen, without labels, before prediction."""
        return self.unlabelled == ALL

    @property
    def group(self) -> str:
        """The class of price in which methods are ranked: none, neutral, unlabelled, transductive or labelled."""
        if self.labelled:
            return "labelled"
        if self.transductive:
            return "transductive"
        if self.unlabelled:
            return "unlabelled"
        return "neutral" if self.neutral else "none"

    def __or__(self, other: Access) -> Access:
        """Return the element-wise maximum: what two stages of one method need together."""
        unlabelled: Amount = ALL
        if self.unlabelled != ALL and other.unlabelled != ALL:
            unlabelled = max(self.unlabelled, other.unlabelled)
        return Access(max(self.neutral, other.neutral), unlabelled, max(self.labelled, other.labelled))

    def __str__(self) -> str:
        parts = [f"{self.neutral} neutral"] if self.neutral else []
        if self.transductive:
            parts.append("transductive")
        elif self.unlabelled:
            parts.append(f"{self.unlabelled} unlabelled")
        if self.labelled:
            parts.append(f"{self.labelled} labelled")
        return " + ".join(parts) or "none"


@dataclass(frozen=True)
class Fault:
    """Something wrong in a corpus, told with the place where it stands.

    Attributes:
        message: one sentence.
        file: the file that is meant, relative to the corpus root where possible.
        line: line number in it, from 1; None where the whole file is meant.
        fatal: whether a run over the corpus is refused because of it.
    """

    message: str
    file: str | None = None
    line: int | None = None
    fatal: bool = True

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}"
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True)
class Corpus:
    """The utterances of one dataset for one task.

    Attributes:
        dataset: name of the dataset plugin.
        task: one of its tasks.
        classes: labels in the fixed order in which probabilities are given.
        table: one row an utterance, with `COLUMNS`: `id` (unique text), `path` (absolute, text),
            `start_s` and `end_s` (seconds; `end_s` is NaN for the end of the file), `speaker`,
            `gender` ("female", "male", another word or None), `label` (one of `classes`), `neutral` (bool: may serve
            as neutral enrolment), `partition` ("train", "validation", "test" or None), `session`
            (text or None). Where the corpus knows them also `text` (which sentence is said: one name a
            sentence) and `fold` (its own cross-validation). The order of rows is the corpus order. Once
            prepared by the harness it has also `digest` (sha256 of the decoded samples), `duration_s` and
            `sampling_rate`.
        root: the folder (or table file) it was read from.
        faults: what the reader found wrong.
        notes: sentences that belong on the protocol card (for example where neutral comes from).
        simulation: how a twin was made; None for real recordings.
        joined: of a corpus made of several, the task and the class of the labels of each; None for one.
    """

    dataset: str
    task: str
    classes: tuple[str, ...]
    table: pd.DataFrame
    root: Path
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    simulation: Mapping[str, Any] | None = None
    joined: Mapping[str, Any] | None = None

    @property
    def simulated(self) -> bool:
        """Whether the speech is synthesised."""
        return self.simulation is not None

    def with_table(self, table: pd.DataFrame, faults: tuple[Fault, ...] = ()) -> Corpus:
        """Return the same corpus over another table, with more faults told."""
        return replace(self, table=table, faults=self.faults + faults)


@dataclass(frozen=True)
class Twin:
    """How a simulated twin of a corpus is made.

    Attributes:
        scale: its size as a share of the corpus's own, above 0 and at most 1.
        seed: decides voices and deliveries.
        speaker_effect: how much speakers differ; 0 for not at all.

    Raises:
        ParameterError: a value outside its range.
    """

    scale: float = 0.05
    seed: int = 0
    speaker_effect: float = 1.0

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}  # a plan refuses what it does not know

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            msg = f"The scale of a twin is {self.scale!r}; expected a number above 0, and 1 at most."
            raise ParameterError(msg)
        if not self.speaker_effect >= 0:
            msg = f"The speaker effect of a twin is {self.speaker_effect!r}; expected 0 or more."
            raise ParameterError(msg)


@dataclass(frozen=True)
class Draw:
    """Which enrolment is taken out of the pool.

    Attributes:
        kind: `first`, `nth` (the one at `index`), `random` (a hash seeded by `index` decides), or one
            of the controls `other-speaker` (a training speaker's), `mean` (of training), `zeros` and `emotional`.
        index: see `kind`; from 0.
        k: hand over so many neutral, unlabelled or labelled utterances, not more than the access asks for.

    >>> Draw.parse("nth:3"), str(Draw("nth", 3)), Draw("zeros").control
    (Draw(kind='nth', index=3, k=None), 'nth:3', True)
    """

    kind: str = "first"
    index: int = 0
    k: int | None = None

    KINDS = ("first", "nth", "random", "other-speaker", "mean", "zeros", "emotional")
    CONTROLS = ("other-speaker", "mean", "zeros", "emotional")

    @classmethod
    def parse(cls, text: str) -> Draw:
        """Read `kind[:index][/k]`; raises ValueError with the kinds there are."""
        body, _, k = text.partition("/")
        kind, _, index = body.partition(":")
        if kind not in cls.KINDS or not (index or "0").isdecimal() or not (k or "0").isdecimal():
            msg = (
                f"Draw {text!r} is not one of {', '.join(cls.KINDS)}, with an index like nth:3 or a size like first/5."
            )
            raise ValueError(msg)
        return cls(kind, int(index or 0), int(k) if k else None)

    @property
    def control(self) -> bool:
        """Whether this is a control, which is never ranked."""
        return self.kind in self.CONTROLS

    def __str__(self) -> str:
        text = f"{self.kind}:{self.index}" if self.kind in ("nth", "random") else self.kind
        return text if self.k is None else f"{text}/{self.k}"


@dataclass(frozen=True)
class Component:
    """A plugin with its resolved parameters: what enters a hash.

    Attributes:
        name: the registered name.
        version: the plugin's own version of what it computes.
        parameters: every constructor parameter, defaults included, as JSON values.
    """

    name: str
    version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """One complete way to classify: features, an optional normaliser, an adapter.

    Attributes:
        name: the name that was asked for, which may be an alias (`svm-norm`).
        adapter: the adapter behind it.
        normaliser: the normaliser in front of it, or None.
        features: the extractor of its input.
        access: what both need together.
        variant: what distinguishes it from the plain name in tables, for example `C=0.1`.
    """

    name: str
    adapter: Component
    normaliser: Component | None
    features: Component
    access: Access
    variant: str = ""

    @property
    def title(self) -> str:
        """The name with its variant, as tables show it."""
        return f"{self.name} ({self.variant})" if self.variant else self.name

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Names of datasets that the weights of its features have seen, in small letters."""
        named = self.features.parameters.get(TRAINED_ON)
        return tuple(str(name).lower() for name in named) if isinstance(named, (list, tuple)) else ()


@dataclass(frozen=True)
class Alias:
    """A name for an adapter behind a normaliser or with other parameters; expanded before hashing."""

    adapter: str
    normaliser: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    normaliser_parameters: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True)
class Reported:
    """A result of the literature: stands beside a dataset and task, is never ranked.

    Attributes:
        method: as the source calls it.
        task: of the dataset that reports it.
        uar: as a fraction.
        source: author, year, and table.
        url: where it can be read.
        differences: in words, how its setting differs.
        adapter: the registered method that implements it, where there is one.
    """

    method: str
    task: str
    uar: float
    source: str
    url: str = ""
    differences: str = ""
    adapter: str | None = None


@dataclass(frozen=True)
class Cost:
    """What fitting and evaluating one cell is expected to cost on the device at hand.

    Attributes:
        seconds: wall time of fit and evaluation.
        parameters: number of trained parameters; None where the notion does not apply.
        advice: what to use instead where this takes hours; empty otherwise.
        device_bytes: what its tensors take of an accelerator's memory at most; 0 for unknown. No more folds are then
            worked on side by side than the free memory has room for.
    """

    seconds: float
    parameters: int | None = None
    advice: str = ""
    device_bytes: int = 0


@dataclass(frozen=True)
class Predictions:
    """What one evaluation said of the scored utterances of its fold or run.

    Attributes:
        ids: utterance ids.
        speaker: their speakers.
        truth: index of the true class, shape `(n,)`.
        probabilities: shape `(n, n_classes)`, rows sum to one.
        fold: name of the fold of each row.
        classes: labels in column order.
    """

    ids: tuple[str, ...]
    speaker: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    fold: np.ndarray
    classes: tuple[str, ...]

    @property
    def predicted(self) -> np.ndarray:
        """Index of the most probable class; the first in class order where two tie."""
        labels: np.ndarray = self.probabilities.argmax(axis=1)
        return labels

    def __len__(self) -> int:
        return len(self.ids)
