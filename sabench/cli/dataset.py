"""`sabench dataset`: what a corpus holds, whether it is sound, where it lies, and twins of those that cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices, output
from sabench.cli.choices import JsonOption, RootOption, SimulatedOption, TaskOption

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Dataset
    from sabench.interfaces.records import Corpus, Fault

app = typer.Typer(name="dataset", help="Look at, check, link and simulate corpora.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="dataset")


Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of a dataset.", autocompletion=choices.names("datasets"))
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="How much runs side by side; by default all cores.")]


@app.command()
def info(
    name: Name,
    root: RootOption = None,
    task: TaskOption = None,
    simulated: SimulatedOption = False,
    jobs: Jobs = None,
    json: JsonOption = False,
) -> None:
    """Print counts per class, speaker and partition, durations, licence and citation; without a corpus, what it is."""
    from sabench.corpora import roots

    if not simulated and root is None and roots.place_of(name) is None:
        _print_unlinked(name, json)
        return
    dataset, corpus = _load(name, root, task, simulated=simulated, jobs=jobs)
    facts = _facts(dataset, corpus)
    if json:
        output.print_json(facts)
    else:
        _print_facts(facts)
        _print_fault_count(corpus, name)


@app.command()
def check(
    name: Name,
    root: RootOption = None,
    task: TaskOption = None,
    simulated: SimulatedOption = False,
    jobs: Jobs = None,
    json: JsonOption = False,
) -> None:
    """List every fault with file and line; exit with 1 where one forbids a run."""
    _, corpus = _load(name, root, task, simulated=simulated, jobs=jobs)
    fatal = sum(fault.fatal for fault in corpus.faults)
    if json:
        output.print_json({"dataset": name, "task": corpus.task, "sound": not fatal, "faults": _plain(corpus.faults)})
    elif corpus.faults:
        ordered = sorted(corpus.faults, key=lambda fault: not fault.fatal)
        rows = [("forbids a run" if fault.fatal else "to know", _place(fault), fault.message) for fault in ordered]
        output.table(f"{name} {corpus.task}", ("", "where", "what"), rows)
    if not json:
        output.message(f"{len(corpus.table)} utterances checked: {_verdict(corpus)}.")
    if fatal:
        raise typer.Exit(1)


@app.command()
def link(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Where the corpus lies.")],
) -> None:
    """Remember where a corpus lies, after reading its labels."""
    from sabench.corpora import loading, roots

    dataset = _dataset(name)
    root = roots.find(name, type(dataset), path)
    n_utterances = len(loading.read(dataset, root, dataset.tasks[0]).table)
    roots.link(name, root)
    output.message(f"Linked {name} to {root} ({n_utterances} utterances). Look at it: sabench dataset info {name}")


@app.command()
def simulate(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="New folder for the twin.")],
    scale: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the corpus's utterances.")] = 0.05,
    seed: Annotated[int, typer.Option(min=0, help="Decides voices and deliveries.")] = 0,
    speaker_effect: Annotated[float, typer.Option(min=0.0, help="How much speakers differ; 0 for not at all.")] = 1.0,
    jobs: Jobs = None,
) -> None:
    """Write a simulated twin: the corpus's layout, speakers and class counts, with synthesised speech."""
    from sabench.corpora import twins
    from sabench.interfaces.records import Twin

    dataset = _dataset(name)
    with output.progress(f"Simulating {name}") as progress:
        is_new = twins.simulate(name, dataset, path, Twin(scale, seed, speaker_effect), jobs=jobs, progress=progress)
    what = "Simulated" if is_new else "There already, the same twin:"
    output.message(f"{what} {name} at {path}. Look at it: sabench dataset info {name} --root {path}")


def _dataset(name: str) -> Dataset:
    from sabench.registry.registry import Registry

    dataset: Dataset = Registry().create("datasets", name)
    return dataset


def _load(
    name: str, root: Path | None, task: str | None, *, simulated: bool, jobs: int | None
) -> tuple[Dataset, Corpus]:
    from sabench.corpora import loading, roots

    dataset = _dataset(name)
    if simulated and root is not None:
        msg = "--simulated makes its own corpus; leave --root away, or open a twin by --root alone."
        raise typer.BadParameter(msg)
    if simulated:
        with output.progress(f"Simulating {name}") as progress:
            place = roots.twin(name, dataset, jobs=jobs, progress=progress)
    else:
        place = roots.find(name, type(dataset), root)
    with output.progress("Decoding audio") as progress:
        return dataset, loading.load(dataset, place, task, jobs=jobs, progress=progress)


def _print_unlinked(name: str, json: bool) -> None:
    """Print what a plugin says of a corpus that is not here."""
    from sabench.corpora import roots

    dataset = _dataset(name)
    about = _about(dataset)
    if json:
        output.print_json({"dataset": name, **about, "root": None})
        return
    twin = "can be made, with --simulated" if about["can_simulate"] else "cannot be made"
    rows = {**_shown(about), "simulated twin": twin}
    output.table(f"{about['title']} ({name}, not linked here)", ("", ""), [row for row in rows.items() if row[1]])
    output.message(roots.advice(name, type(dataset)).splitlines()[-1])


def _about(dataset: Dataset) -> dict[str, Any]:
    """Return what a plugin says of its corpus, without one."""
    names = ("title", "language", "licence", "url", "citation", "tasks", "default_protocol", "can_simulate")
    described = " ".join((type(dataset).__doc__ or "").split())
    return {**{name: getattr(dataset, name) for name in names}, "description": described}


def _shown(about: dict[str, Any]) -> dict[str, str | None]:
    """Return what a plugin says of its corpus as rows of a table; None where it says nothing."""
    return {
        "what it is": about["description"] or None,
        "tasks": ", ".join(about["tasks"]),
        "default protocol": about["default_protocol"],
        "language": about["language"] or None,
        "licence": about["licence"],
        "obtained from": about["url"] or None,
        "citation": about["citation"],
    }


def _facts(dataset: Dataset, corpus: Corpus) -> dict[str, Any]:
    from sabench.corpora import loading
    from sabench.corpora.overview import summarise

    sound = len(corpus.table) > 0 and not corpus.table["digest"].isna().any()
    return {
        **summarise(corpus),
        **_about(dataset),
        "fingerprint": loading.fingerprint(corpus) if sound else None,
        "faults": _plain(corpus.faults),
    }


def _plain(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [asdict(fault) for fault in faults]


def _print_facts(facts: dict[str, Any]) -> None:
    mark = ", SIMULATED" if facts["simulated"] else ""
    spoken = facts["durations"]
    shown = {
        "utterances": facts["utterances"],
        "speakers": _with_genders(facts),
        "neutral utterances": f"{facts['neutral']} of {facts['speakers_with_neutral']} speakers",
        "speech": f"{spoken['total_s'] / 60:.1f} min" if spoken else None,
        "utterance length": "{shortest_s:.2f} to {longest_s:.2f} s, median {median_s:.2f} s".format(**spoken)
        if spoken
        else None,
        "sampling rate": ", ".join(f"{rate} Hz" for rate in facts["sampling_rates"]),
        **_shown(facts),
        "root": facts["root"],
        "fingerprint": facts["fingerprint"],
        **_with_recipe(facts["simulation"]),
        **{f"note {i}": note for i, note in enumerate(facts["notes"], start=1)},
    }
    output.table(f"{facts['title']} ({facts['dataset']} {facts['task']}{mark})", ("", ""), shown.items())
    _print_counts("class", facts["classes"], facts["classes_by_partition"])
    output.table("Utterances per speaker", ("speaker", "utterances"), facts["speakers"].items())


def _with_recipe(simulation: dict[str, Any] | None) -> dict[str, str]:
    if simulation is None:
        return {}
    return {f"twin: {name.replace('_', ' ')}": str(value) for name, value in simulation.items() if name != "dataset"}


def _print_counts(what: str, counts: dict[str, int], by_partition: dict[str, dict[str, int]]) -> None:
    columns = (what, "utterances", *by_partition)
    rows = [(label, count, *(part[label] for part in by_partition.values())) for label, count in counts.items()]
    output.table(f"Utterances per {what}", columns, rows)


def _with_genders(facts: dict[str, Any]) -> str:
    genders = ", ".join(f"{count} {name}" for name, count in facts["genders"].items())
    return f"{len(facts['speakers'])} ({genders or 'gender unknown'})"


def _print_fault_count(corpus: Corpus, name: str) -> None:
    if corpus.faults:
        output.message(f"{_verdict(corpus)}. See them with: sabench dataset check {name}")


def _verdict(corpus: Corpus) -> str:
    fatal = sum(fault.fatal for fault in corpus.faults)
    if not corpus.faults:
        return "no fault"
    forbid = "1 fault that forbids" if fatal == 1 else f"{fatal} faults that forbid"
    return f"{forbid} a run, {len(corpus.faults) - fatal} to know"


def _place(fault: Fault) -> str:
    if fault.file is None:
        return ""
    return fault.file if fault.line is None else f"{fault.file}:{fault.line}"
