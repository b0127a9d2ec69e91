"""Names that the shell completes, and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

PROTOCOLS = ("loso", "leave-one-session-out", "challenge", "speaker-kfold:5", "own-folds")


def names(kind: str) -> Callable[[str], list[str]]:
    """Return a completion over the plugin names of one kind, which imports no plugin."""

    def complete(incomplete: str) -> list[str]:
        from sabench.registry.registry import Registry

        return [name for name in Registry().names(kind) if name.startswith(incomplete)]

    return complete


def _protocols(incomplete: str) -> list[str]:
    return [name for name in PROTOCOLS if name.startswith(incomplete)]


RootOption = Annotated[
    Path | None, typer.Option(help="Where the corpus is; otherwise SABENCH_<NAME>_ROOT or its link.")
]
TaskOption = Annotated[str | None, typer.Option(help="A task of the dataset; its first by default.")]
ProtocolOption = Annotated[
    str | None,
    typer.Option(help=f"One of {', '.join(PROTOCOLS)}; the dataset's own by default.", autocompletion=_protocols),
]
FoldsOption = Annotated[
    Path | None, typer.Option(help="A CSV file with speaker or id, and fold or partition, instead of the corpus's own.")
]
TextDisjointOption = Annotated[
    bool | None, typer.Option("--text-disjoint", help="Test on sentences that training did not hold.")
]
PoolOption = Annotated[
    str | None, typer.Option(help="Reserved per target speaker, such as neutral=5,unlabelled=10,scored-too,require.")
]
SimulatedOption = Annotated[bool, typer.Option("--simulated", help="Use a simulated twin, made and cached.")]
ScaleOption = Annotated[float | None, typer.Option(help="Size of the twin, 1 for the corpus's own.")]
TwinSeedOption = Annotated[int | None, typer.Option(help="Seed of the twin.")]
EffectOption = Annotated[float | None, typer.Option(help="How much speakers of the twin differ.")]
ResultsOption = Annotated[Path | None, typer.Option(help="The results folder; ./sabench-results by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def twin(simulated: bool, scale: float | None, seed: int | None, effect: float | None) -> dict[str, float | int] | None:
    """Return the twin that the options ask for, or None; any of them asks for one."""
    given = {"scale": scale, "seed": seed, "speaker_effect": effect}
    chosen = {key: value for key, value in given.items() if value is not None}
    return chosen if simulated or chosen else None


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
