"""What to run: one frozen, validated plan from flags, TOML or Python."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from sabench.errors import PlanError, did_you_mean
from sabench.interfaces.records import Draw, Twin
from sabench.protocols.folds import PoolRule
from sabench.running.batch import SCHEDULERS, BatchJobs


def _listed(value: Any) -> Any:
    """Return a list of what may have been written as one value, or as several with commas between."""
    values = [value] if isinstance(value, (str, int)) else value
    if not isinstance(values, (list, tuple)):
        return values
    return [part for one in values for part in (one.split(",") if isinstance(one, str) else [one]) if part != ""]


def _flat(settings: Any) -> Any:
    """Return `{"svm.C": 1}` for `{"svm": {"C": 1}}`, as TOML reads a table or a key with a dot."""
    if not isinstance(settings, Mapping):
        return settings
    flat = {}
    for owner, value in settings.items():
        nested = isinstance(value, Mapping) and "." not in owner
        flat.update({f"{owner}.{key}": item for key, item in value.items()} if nested else {owner: value})
    return flat


MOST_THREADS: Final = 4096
"""More threads or folds at a time than any machine has."""

Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Seeds = Annotated[tuple[Seed, ...], BeforeValidator(_listed)]


class Plan(BaseModel):
    """Everything that `sabench run` needs to know.

    Attributes:
        adapters: methods, by name or alias.
        datasets: `name` or `name:task`.
        task: for every dataset that has it; default is each dataset's first task.
        root: of the corpus where one dataset is named; otherwise see `roots`.
        roots: folder of each dataset.
        features, normaliser, preset, settings: see `sabench.registry.methods.Choice`.
        protocol: default is each dataset's own.
        folds: a CSV file of folds or partitions, in place of those of the corpus.
        train_on: other corpora, `name` or `name:task`, that are trained on instead of the dataset's own speakers.
        labels: a CSV file with dataset, label, class: which labels of these corpora are the same.
        text_disjoint: test on sentences that training did not hold.
        training_speakers: train on so many speakers a fold, who validates not among them; all by default.
        pool: what is reserved per target speaker.
        seeds: one run each.
        draws: which enrolment; all re-use one trained model.
        accept_fewer: speakers with fewer enrolment utterances than a method asks for give what they have,
            instead of being refused.
        validation_as_training: methods that do not validate train on validation speakers too.
        strict: predict every utterance alone too, in a fresh process, and refuse a method that then says otherwise.
        search: choose from each adapter's declared grid on validation.
        twin: run on a simulated twin instead of recordings.
        threads: per cell; default is cores divided by the folds that can run side by side.
        device: `auto`, `cpu`, `cuda` or `mps`.
        jobs: folds at a time on this machine; no number follows it. Default: as many as cores and threads allow.
        only: names of the folds to work on; all by default.
        shard: `I/N`, work on every N-th fold from the I-th on: N starts on N machines, each with another I, share the
            plan.
        fail_fast: stop at the first fold that fails.
        dask: address of a Dask scheduler that runs the cells instead, or `slurm`, `pbs`, `sge`, `lsf` for jobs of such
            a cluster.
        batch: what these jobs are, see `sabench.running.batch.BatchJobs`.
        results: the results folder.
        track: project into MLflow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapters: Names = Field(min_length=1)
    datasets: Names = Field(min_length=1)
    task: str | None = None
    root: Path | None = None
    roots: dict[str, Path] = {}
    features: str | None = None
    normaliser: str | None = None
    preset: str | None = None
    settings: Annotated[dict[str, Any], BeforeValidator(_flat)] = {}
    protocol: str | None = None
    folds: Path | None = None
    train_on: Names = ()
    labels: Path | None = None
    text_disjoint: bool = False
    training_speakers: int | None = Field(None, ge=2)
    pool: PoolRule = PoolRule()
    seeds: Seeds = (0,)
    draws: Names = ("first",)
    accept_fewer: bool = False
    strict: bool = False
    validation_as_training: bool = True
    search: bool = False
    twin: Twin | None = None
    threads: int | None = Field(None, ge=1, le=MOST_THREADS)
    device: str = Field("auto", pattern="^(auto|cpu|cuda|mps)$")
    jobs: int | None = Field(None, ge=1, le=MOST_THREADS)
    only: Names = ()
    shard: str | None = None
    fail_fast: bool = False
    dask: str | None = None
    batch: BatchJobs = BatchJobs()
    results: Path = Path("sabench-results")
    track: bool = True

    @field_validator("pool", mode="before")
    @classmethod
    def _read_pool(cls, value: Any) -> Any:
        return PoolRule.parse(value) if isinstance(value, str) else value

    @field_validator("pool")
    @classmethod
    def _check_pool(cls, value: PoolRule) -> PoolRule:
        negative = [kind for kind in ("neutral", "unlabelled", "labelled") if getattr(value, kind) < 0]
        if negative:
            msg = f"{negative[0]} is below zero"
            raise ValueError(msg)
        return value

    @property
    def is_batch(self) -> bool:
        """Whether jobs of a cluster's own scheduler do the work."""
        return self.dask in SCHEDULERS

    @property
    def has_batch_gpus(self) -> bool:
        """Whether these jobs have GPUs; the machine that submits them need not have one."""
        return self.is_batch and self.batch.gpus > 0

    @model_validator(mode="after")
    def _check_batch(self) -> Plan:
        if self.batch != BatchJobs() and not self.is_batch:
            msg = f"workers, queue, account, memory, walltime and gpus are of jobs; say --dask {', '.join(SCHEDULERS)}"
            raise ValueError(msg)
        return self

    @field_validator("shard")
    @classmethod
    def _check_shard(cls, value: str | None) -> str | None:
        first, slash, number = (value or "1/1").partition("/")
        if not (slash and first.isdecimal() and number.isdecimal() and 1 <= int(first) <= int(number)):
            msg = f"{value!r} is no share; write I/N with I from 1 to N, as in 2/8"
            raise ValueError(msg)
        return value

    @field_validator("draws")
    @classmethod
    def _check_draws(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(Draw.parse(text)) for text in value)

    @classmethod
    def build(cls, values: Mapping[str, Any]) -> Plan:
        """Return a validated plan; every fault is told at once.

        Raises:
            PlanError: with what came and what was expected.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            msg = f"The plan cannot be carried out: {'; '.join(_sentence(fault) for fault in error.errors())}."
            raise PlanError(msg) from error

    @classmethod
    def read(cls, path: Path, changes: Mapping[str, Any] | None = None) -> Plan:
        """Return the plan of a TOML file; `changes` win over what stands there, tables entry by entry.

        Raises:
            PlanError: the file is missing, is not TOML, or does not make a plan.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            msg = f"Plan {path} cannot be read: {error.strerror}. Write one with: sabench run ... --print-plan."
            raise PlanError(msg) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            msg = f"Plan {path} is not TOML: {error}. Write one with: sabench run ... --print-plan."
            raise PlanError(msg) from error
        return cls.build(_changed(values, changes or {}))

    def toml(self) -> str:
        """Return the plan as TOML that `read` takes."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True, exclude_defaults=False))


def _changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(values)
    for key, value in changes.items():
        before = _flat(values.get(key)) if key == "settings" else values.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = {**before, **value}
        changed[key] = value
    return changed


def _sentence(fault: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        hint = did_you_mean(str(fault["loc"][-1]), Plan.model_fields)
        return f"{place!r} is not part of a plan.{hint}"
    if not place:  # of several parts together
        return str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {fault['msg'].removeprefix('Value error, ')} (given: {fault.get('input')!r})"
