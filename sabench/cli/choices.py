"""Names that the shell completes, and options that several commands share."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

PROTOCOLS = ("loso", "leave-one-session-out", "challenge", "speaker-kfold:5", "own-folds")
DRAWS = ("first", "nth:0", "random:0", "other-speaker", "mean", "zeros", "emotional")
PRESETS = ("small", "paper")
DEVICES = ("auto", "cpu", "cuda", "mps")
SCHEDULERS = ("slurm", "pbs", "sge", "lsf")


def names(kind: str) -> Callable[[str], list[str]]:
    """Return a completion over the plugin names of one kind, which imports no plugin."""

    def complete(incomplete: str) -> list[str]:
        from sabench.registry.registry import Registry

        return [name for name in Registry().names(kind) if name.startswith(incomplete)]

    return complete


def among(values: Sequence[str]) -> Callable[[str], list[str]]:
    """Return a completion over fixed values."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def run_names(incomplete: str) -> list[str]:
    """Return the ids of runs in the default results folder, told by their folders' names."""
    folder = Path("sabench-results") / "runs"
    return sorted(path.name for path in folder.glob(f"{glob.escape(incomplete)}*") if path.is_dir())


RunArgument = Annotated[
    str,
    typer.Argument(
        help="A method, as in svm or svm:emodb, or the id of a run, or how it begins.", autocompletion=run_names
    ),
]
AdapterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--adapter",
        "-a",
        help="A method, or a file with one, as in ./my.py; repeat it, or write commas.",
        autocompletion=names("adapters"),
    ),
]
RootOption = Annotated[
    Path | None, typer.Option(help="Where the corpus is; otherwise SABENCH_<NAME>_ROOT or its link.")
]
TaskOption = Annotated[str | None, typer.Option(help="A task of the dataset; its first by default.")]
ProtocolOption = Annotated[
    str | None,
    typer.Option(help=f"One of {', '.join(PROTOCOLS)}; the dataset's own by default.", autocompletion=among(PROTOCOLS)),
]
FoldsOption = Annotated[
    Path | None, typer.Option(help="A CSV file with speaker or id, and fold or partition, instead of the corpus's own.")
]
TextDisjointOption = Annotated[
    bool | None, typer.Option("--text-disjoint", help="Test on sentences that training did not hold.")
]
TrainingSpeakersOption = Annotated[
    int | None, typer.Option("--training-speakers", min=2, help="Train on so many speakers a fold; all by default.")
]
TrainOnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--train-on",
        help="Another corpus, or dataset:task, to train on instead of the dataset's own speakers; repeat it.",
        autocompletion=names("datasets"),
    ),
]
LabelsOption = Annotated[
    Path | None, typer.Option(help="A CSV file with dataset, label, class: what corpora trained on call the same.")
]
PoolOption = Annotated[
    str | None, typer.Option(help="Reserved per target speaker, such as neutral=5,unlabelled=10,scored-too,require.")
]
FeaturesOption = Annotated[
    str | None, typer.Option(help="Instead of each method's own features.", autocompletion=names("features"))
]
NormaliserOption = Annotated[
    str | None,
    typer.Option(
        "--normaliser",
        "--normalizer",
        help="In front of every method that has none.",
        autocompletion=names("normalisers"),
    ),
]
PresetOption = Annotated[
    str | None,
    typer.Option(help="A named set of parameters, such as small or paper.", autocompletion=among(PRESETS)),
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", help="svm.C=0.1 for one plugin, adapter.C=0.1 for all; repeat it.")
]
SeedOption = Annotated[list[int] | None, typer.Option(help="A run of each method with each seed; repeat it.")]
SearchOption = Annotated[
    bool | None, typer.Option(help="Whether to choose from each method's grid on validation speakers.")
]
JobsOption = Annotated[int | None, typer.Option(min=1, help="Folds side by side; no number depends on it.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Threads of each fold; part of a run's identity.")]
DeviceOption = Annotated[str | None, typer.Option(help=f"One of {', '.join(DEVICES)}.", autocompletion=among(DEVICES))]
TrackOption = Annotated[bool | None, typer.Option(help="Whether to write to MLflow.")]
PrintPlanOption = Annotated[bool, typer.Option("--print-plan", help="Print the plan as TOML and stop.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print what would run and its estimated cost.")]
SimulatedOption = Annotated[bool, typer.Option("--simulated", help="Use a simulated twin, made and cached.")]
ScaleOption = Annotated[float | None, typer.Option(help="Size of the twin, 1 for the corpus's own.")]
TwinSeedOption = Annotated[int | None, typer.Option(help="Seed of the twin.")]
EffectOption = Annotated[float | None, typer.Option(help="How much speakers of the twin differ.")]
ResultsOption = Annotated[Path | None, typer.Option(help="The results folder; ./sabench-results by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="With --dask slurm: jobs at a time.")]
QueueOption = Annotated[str | None, typer.Option("--queue", "--partition", help="With --dask slurm: their queue.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="With --dask slurm: who is charged.")]
MemoryOption = Annotated[str | None, typer.Option("--memory", help="With --dask slurm: of a job, such as 8GB.")]
WalltimeOption = Annotated[str | None, typer.Option("--walltime", help="With --dask slurm: of a job, 04:00:00.")]
GpusOption = Annotated[int | None, typer.Option("--gpus", min=0, help="With --dask slurm: of a job.")]


def twin(simulated: bool, scale: float | None, seed: int | None, effect: float | None) -> dict[str, float | int] | None:
    """Return the twin that the options ask for, or None; any of them asks for one."""
    given = {"scale": scale, "seed": seed, "speaker_effect": effect}
    chosen = {key: value for key, value in given.items() if value is not None}
    return chosen if simulated or chosen else None


def given(**values: Any) -> dict[str, Any] | None:
    """Return the options that were given, or None where none was."""
    return {name: value for name, value in values.items() if value is not None} or None


def values(settings: list[str] | None, example: str = "svm.C=0.1") -> dict[str, Any]:
    """Return what `--set` was given, by name."""
    from sabench.registry.parameters import parse

    parsed = {}
    for text in settings or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"--set {text} has no value; write for example --set {example}")
        parsed[name] = parse(value)
    return parsed


def parts(texts: list[str] | None) -> list[str]:
    """Return what stands between commas in what an option was given, however often.

    >>> parts(["svm,svm-norm", "mlp"])
    ['svm', 'svm-norm', 'mlp']
    """
    return [part for text in texts or () for part in text.split(",") if part]


def refuse_missing(flags: Mapping[str, Any]) -> None:
    """Say which flag is missing where no method, or no dataset, is named.

    Raises:
        typer.BadParameter: one of them is.
    """
    for needed, flag in (("adapters", "--adapter"), ("datasets", "--dataset")):
        if not flags.get(needed):
            msg = f"Name at least one with {flag}; `sabench list` shows them. `sabench run` also takes a --plan."
            raise typer.BadParameter(msg)
