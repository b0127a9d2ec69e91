"""What the JSON files of a cell say: the layouts that they are validated against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sabench.machine.kept import NOTHING_ELSE, KeptFile, Values

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Fraction = Annotated[float, Field(ge=0, le=1)]

_AGAIN = "The run's command, repeated, makes it anew and keeps the rest."


@dataclass(frozen=True)
class Candidate:
    """One point of a search grid and its score on validation; `model` as in `Fit`."""

    __pydantic_config__: ClassVar[ConfigDict] = NOTHING_ELSE

    parameters: Values
    validation_uar: Fraction
    model: Mapping[str, Sha256] | None = None


@dataclass(frozen=True)
class Search:
    """What a search tried, and what it chose."""

    chosen: Values
    search: list[Candidate]


@dataclass(frozen=True)
class Fit:
    """What is recorded of a finished fit.

    Attributes:
        seconds: that it took, those of workers that died included.
        n_training_speakers, n_train: speakers and utterances that it was trained on.
        n_parameters: trained parameters; None where the notion does not apply.
        environment: versions and machine.
        saved: whether its model is kept.
        search: what was tried; None without a search.
        key: the fit key; None in records of older versions.
        model: SHA-256 of each file of the model; None in records of older versions.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NOTHING_ELSE

    seconds: Seconds
    n_training_speakers: Count
    n_train: Count
    n_parameters: Count | None
    environment: Values
    saved: bool = False
    search: Search | None = None
    key: str | None = None
    model: Mapping[str, Sha256] | None = None

    @property
    def chosen(self) -> Mapping[str, Any]:
        """Parameters that a search chose; empty without one."""
        return self.search.chosen if self.search else {}


@dataclass(frozen=True)
class EvaluationRecord:
    """What is recorded beside probabilities.

    Attributes:
        seconds: that predicting took.
        draw: as text.
        key: the evaluation key, and `sha256` of the probabilities; None in records of older versions.
        strict: whether every utterance was predicted alone, too.
    """

    seconds: Seconds = 0.0
    draw: str = ""
    key: str | None = None
    sha256: str | None = None
    strict: bool = False


@dataclass(frozen=True)
class Attempt:
    """The mark of a worker at work: when it began, and what workers before it spent."""

    pid: Count
    started: Seconds
    spent: Seconds = 0.0


@dataclass(frozen=True)
class Failure:
    """Why a fold failed."""

    error: str
    details: str = ""


FIT: KeptFile[Fit] = KeptFile(Fit, _AGAIN)
CANDIDATE: KeptFile[Candidate] = KeptFile(Candidate, _AGAIN)
EVALUATION: KeptFile[EvaluationRecord] = KeptFile(EvaluationRecord, _AGAIN)
ATTEMPT: KeptFile[Attempt] = KeptFile(Attempt, _AGAIN)
FAILURE: KeptFile[Failure] = KeptFile(Failure, _AGAIN, limit_values=2**20)

_LINE: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, int | float | bool | str | None])


def history_line(line: bytes) -> dict[str, Any] | None:
    """Return one line of a history, or None where it is none: cut short by a kill, or damaged."""
    try:
        entry = _LINE.validate_json(line, strict=True)
    except ValidationError:
        return None
    epoch = entry.get("epoch", 0)
    return entry if isinstance(epoch, int) and 0 <= epoch < 2**31 else None
