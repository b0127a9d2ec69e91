"""`sabench run`: flags, or a TOML file and flags, to a plan; the plan to a table."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption
from sabench.cli.estimating import print_estimates

if TYPE_CHECKING:
    from sabench.results.runs import RunRecord
    from sabench.results.summary import Summary
    from sabench.running.plan import Plan


_DROP = ("time", "training speakers", "UAR pooled", "folds", "status", "seed", "draw", "access")
"""Columns of results that a narrow terminal lacks, the first first."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    adapter: choices.AdapterOption = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            "--dataset", "-d", help="A dataset, or dataset:task; repeat it.", autocompletion=choices.names("datasets")
        ),
    ] = None,
    task: choices.TaskOption = None,
    root: choices.RootOption = None,
    features: choices.FeaturesOption = None,
    normaliser: choices.NormaliserOption = None,
    preset: choices.PresetOption = None,
    settings: choices.SettingsOption = None,
    protocol: choices.ProtocolOption = None,
    folds: choices.FoldsOption = None,
    train_on: choices.TrainOnOption = None,
    labels: choices.LabelsOption = None,
    text_disjoint: choices.TextDisjointOption = None,
    training_speakers: choices.TrainingSpeakersOption = None,
    pool: choices.PoolOption = None,
    seed: choices.SeedOption = None,
    draw: Annotated[
        list[str] | None,
        typer.Option(
            help="first, nth:I, random:I; controls other-speaker, mean, zeros, emotional; repeat it.",
            autocompletion=choices.among(choices.DRAWS),
        ),
    ] = None,
    accept_fewer: Annotated[
        bool | None,
        typer.Option(help="Whether speakers with fewer enrolment utterances than asked for give what they have."),
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option(help="Whether every utterance is predicted alone too, each in a fresh process; this is slow."),
    ] = None,
    search: choices.SearchOption = None,
    validation_as_training: Annotated[
        bool | None, typer.Option(help="Whether methods that do not validate train on validation speakers too.")
    ] = None,
    simulated: Annotated[bool | None, typer.Option(help="Whether to use a simulated twin, made and cached.")] = None,
    scale: choices.ScaleOption = None,
    twin_seed: choices.TwinSeedOption = None,
    speaker_effect: choices.EffectOption = None,
    jobs: choices.JobsOption = None,
    threads: choices.ThreadsOption = None,
    device: choices.DeviceOption = None,
    fold: Annotated[list[str] | None, typer.Option(help="Work on this fold alone; repeat it.")] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Work on every N-th fold from the I-th on, as one of N jobs that share them."),
    ] = None,
    fail_fast: Annotated[bool | None, typer.Option("--fail-fast", help="Stop at the first fold that fails.")] = None,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Work in this process, where breakpoint() opens a debugger; nothing is kept."),
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(
            help="Address of a Dask scheduler that runs the folds, or slurm, pbs, sge, lsf for jobs of a cluster.",
            autocompletion=choices.among(choices.SCHEDULERS),
        ),
    ] = None,
    workers: choices.WorkersOption = None,
    queue: choices.QueueOption = None,
    account: choices.AccountOption = None,
    memory: choices.MemoryOption = None,
    walltime: choices.WalltimeOption = None,
    gpus: choices.GpusOption = None,
    results: choices.ResultsOption = None,
    track: choices.TrackOption = None,
    plan: Annotated[Path | None, typer.Option(help="A TOML file; flags win over it.")] = None,
    print_plan: choices.PrintPlanOption = False,
    dry_run: choices.DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Run methods on datasets under one protocol; repeating the command resumes it."""
    flags = {
        "adapters": adapter,
        "datasets": dataset,
        "task": task,
        "root": root,
        "features": features,
        "normaliser": normaliser,
        "preset": preset,
        "settings": choices.values(settings),
        "protocol": protocol,
        "folds": folds,
        "train_on": train_on,
        "labels": labels,
        "text_disjoint": text_disjoint,
        "training_speakers": training_speakers,
        "pool": pool,
        "seeds": seed,
        "draws": draw,
        "accept_fewer": accept_fewer,
        "strict": strict,
        "search": search,
        "validation_as_training": validation_as_training,
        "twin": choices.twin(bool(simulated), scale, twin_seed, speaker_effect),
        "jobs": jobs,
        "threads": threads,
        "device": device,
        "only": fold,
        "shard": shard,
        "fail_fast": fail_fast,
        "dask": dask,
        "batch": choices.given(
            workers=workers, queue=queue, account=account, memory=memory, walltime=walltime, gpus=gpus
        ),
        "results": results,
        "track": track,
    }
    if simulated is False and flags["twin"]:
        msg = "--no-simulated takes away the twin that --scale, --twin-seed or --speaker-effect asks for; name one."
        raise typer.BadParameter(msg)
    given = {key: value for key, value in flags.items() if value not in (None, [])}
    chosen = _plan(plan, {**given, "twin": None} if simulated is False else given)
    if print_plan:
        typer.echo(chosen.toml(), nl=False)
    elif dry_run:
        print_estimates([chosen], json)
    elif debug:
        _debug(chosen)
    else:
        _run(chosen, json)


def _plan(path: Path | None, flags: dict[str, Any]) -> Plan:
    from sabench.running.plan import Plan

    if path is not None:
        return Plan.read(path, flags)
    choices.refuse_missing(flags)
    return Plan.build(flags)


def _run(plan: Plan, json: bool) -> None:
    from sabench.machine import isolation

    isolation.begin_here("pandas", "sabench.cells.work")  # before anything is read
    from sabench.cli.output import message, print_json
    from sabench.cli.watching import Watcher
    from sabench.running import runner

    class Printer(Watcher):
        """Prints results as soon as they are there: nobody has to wait for MLflow to read them."""

        def all_finished(self, summaries: list[Summary]) -> None:
            if json:
                print_json({"runs": [summary.json() for summary in summaries]})
            else:
                _print_summaries(summaries, plan)
                for line in _what_next(summaries, plan):
                    message(line)

    summaries = runner.run(plan, observer=Printer())
    if _is_lacking(summaries, plan):
        raise typer.Exit(1)


def _is_lacking(summaries: list[Summary], plan: Plan) -> bool:
    """Return whether something that this start of the plan asked for is not there."""
    from sabench.running.shares import asked_for

    asked = asked_for(plan, [summary.record for summary in summaries])
    return any(
        cell.status != "complete"
        for summary in summaries
        for cell in summary.cells
        if cell.fold in asked[summary.record.run_id]
    )


def _debug(plan: Plan) -> None:
    """Run a plan in this process, into a folder that is removed: what has seen other folds does not count."""
    import tempfile
    from bdb import BdbQuit

    from sabench.cli.output import message
    from sabench.cli.watching import Watcher
    from sabench.running import runner
    from sabench.running.batch import BatchJobs
    from sabench.running.executors import Here

    with tempfile.TemporaryDirectory(prefix="sabench-debug-") as folder:
        shown = plan.model_copy(
            update={"results": Path(folder), "track": False, "fail_fast": True, "dask": None, "batch": BatchJobs()}
        )
        try:
            summaries = runner.run(shown, observer=Watcher(bars=False), executor=Here())
        except BdbQuit:
            message("Left the debugger. Nothing was kept.")
            raise typer.Exit(1) from None
        _print_summaries(summaries, shown)
    message("Nothing was kept: repeat the command without --debug.")
    if _is_lacking(summaries, plan):
        raise typer.Exit(1)


def _print_summaries(summaries: list[Summary], plan: Plan) -> None:
    from sabench.cli.output import table

    columns = ["method", "dataset", "access", "seed", "draw", "UAR mean", "UAR pooled", "folds", "training speakers"]
    rows = [_row(summary) for summary in summaries]
    table("Results (UAR in %)", [*columns, "time", "status"], rows, drop=_DROP)
    _print_failures(summaries, plan)


def _print_failures(summaries: list[Summary], plan: Plan) -> None:
    """Say what failed, alike failures once, each with the traceback of the method's own code, once as well."""
    from sabench.cli.output import message
    from sabench.errors import first_few
    from sabench.results.folder import Results

    shown: set[str] = set()
    for summary in {summary.record.run_id: summary for summary in summaries}.values():
        for reason, folds in summary.failures_by_reason.items():
            which = f"fold {folds[0]}" if len(folds) == 1 else f"{len(folds)} folds ({first_few(folds)})"
            message(f"{summary.record.run_id}: {which} failed: {reason}")
            failure = Results(plan.results).cell(summary.record.folds[folds[0]]).failure()
            details = failure.details.rstrip() if failure else ""
            if details and details not in shown:
                shown.add(details)
                message(details)


def _row(summary: Summary) -> list[str]:
    from sabench.verdicts.wording import duration, points

    run = summary.record
    return [
        run.method.title,
        f"{run.dataset} {run.task}{run.mark}",
        str(run.method.access),
        str(run.seed),
        summary.draw,
        points(summary.uar_mean),
        points(summary.uar_pooled),
        f"{summary.n_folds}/{len(summary.cells)}",
        str(summary.n_training_speakers),
        duration(summary.seconds),
        run.status,
    ]


def _what_next(summaries: list[Summary], plan: Plan) -> list[str]:
    from sabench.registry.libraries import is_installed

    if _is_lacking(summaries, plan):
        return ["Repeat the command to try again what is missing; what is complete is kept."]
    if plan.shard:
        return [f"Share {plan.shard} is done. When all are, the same command without --shard shows the whole."]
    folder = "" if str(plan.results) == "sabench-results" else f" --results {shlex.quote(str(plan.results))}"
    pair = _comparable([summary.record for summary in summaries])
    lines = [f"Which is better, and how sure is that: sabench compare {' '.join(pair)}{folder}"] if pair else []
    lines.append(f"All runs in one page: sabench leaderboard{folder}")
    if plan.track and is_installed("mlflow"):
        from sabench.tracking.address import Address

        ui = Address.of(plan.results).ui
        lines += [f"Parameters, curves and predictions: {ui}"] if ui else []
    return lines


def _comparable(runs: list[RunRecord]) -> tuple[str, str] | None:
    """Return the ids of the first two runs of different methods under one protocol."""
    from itertools import combinations

    from sabench.verdicts.entries import identity

    alike = (pair for pair in combinations(runs, 2) if pair[0].protocol_hash == pair[1].protocol_hash)
    return next(((one.run_id, other.run_id) for one, other in alike if identity(one) != identity(other)), None)
