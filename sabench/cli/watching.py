"""Shows on standard error what the runner is doing: bars on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sabench.cli import output
from sabench.interfaces import plugins
from sabench.results.runs import RunRecord
from sabench.running.observer import Observer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from sabench.running.costs import Estimate

WORTH_SAYING_S = 30.0
"""Work below so many seconds begins without a word."""


class Watcher(Observer):
    """Bars for stages, one for all folds, and one for each fold at work.

    Args:
        bars: whether folds have them on a terminal; lines otherwise, as beside a debugger.
    """

    def __init__(self, *, bars: bool = True) -> None:
        self._wanted = bars
        self._bars: Progress | None = None
        self._overall: TaskID | None = None
        self._folds: dict[tuple[str, str], _FoldBar] = {}
        self._noted: set[str] = set()
        self._failed: set[tuple[str, str]] = set()

    @contextmanager
    def stage(self, description: str) -> Iterator[plugins.Progress | None]:
        """Show a bar while a stage goes on."""
        with output.progress(description) as progress:
            yield progress

    def note(self, text: str) -> None:
        """Print a note, once: several runs over one corpus have the same."""
        if text not in self._noted:
            self._noted.add(text)
            output.message(text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        output.message(f"Warning: {text}")

    def expected(self, estimates: list[Estimate]) -> None:
        """Say what takes longer than a moment: its size, its time, and what to do where that is hours."""
        from sabench.verdicts.wording import count, duration

        for cost in estimates:
            if cost.seconds > WORTH_SAYING_S:
                run, folds = cost.run, "1 fold" if cost.n_folds == 1 else f"{cost.n_folds} folds"
                folds += f", {cost.at_once} at a time," if cost.at_once > 1 else ""
                size = "" if cost.cell.parameters is None else f"{count(cost.cell.parameters)} parameters, "
                self.note(
                    f"{run.method.title} {run.dataset} {run.task} seed {run.seed}: {size}{cost.n_train} training "
                    f"utterances, about {duration(cost.elapsed_s)} for {folds} on {run.device}, threads: {run.threads}."
                )
        for advice in (cost.cell.advice for cost in estimates if cost.cell.advice):
            self.note(advice)

    def planned(self, runs: list[RunRecord], n_cells: int, n_done: int) -> None:
        """Say how much there is to do and open the bars."""
        done = f", {n_done} of them done before" if n_done else ""
        output.message(f"{len(runs)} run{'s' * (len(runs) != 1)}, {n_cells} fold{'s' * (n_cells != 1)}{done}.")
        if self._wanted and n_done < n_cells:
            self._bars = _bars_on_a_terminal()
        if self._bars is not None:
            self._bars.start()
            self._overall = self._bars.add_task("folds", total=n_cells, completed=n_done, line="")

    def epoch(self, run: RunRecord, fold: str, line: Mapping[str, Any]) -> None:
        """Bring the live line of a fold up to date."""
        if self._bars is None:
            return
        key = (run.run_id, fold)
        if key not in self._folds:
            self._folds[key] = _FoldBar(self._bars, output.visible(f"  {run.method.name} {run.dataset} {fold}"))
        self._folds[key].show(line)

    def cell(self, run: RunRecord, fold: str, status: str, reason: str) -> None:
        """Count a fold, and say what failed."""
        bar = self._folds.pop((run.run_id, fold), None)
        if bar is not None:
            bar.close()
        if self._bars is not None and self._overall is not None:
            self._bars.advance(self._overall)
        elif status == "complete":
            output.message(f"{run.method.title} {run.dataset} {run.task} seed {run.seed}: fold {fold} done")
        if status == "failed":
            words = "failed in the same way" if (run.run_id, reason) in self._failed else f"failed: {reason}"
            self._failed.add((run.run_id, reason))
            output.message(f"{run.method.title} {run.dataset} {run.task}: fold {fold} {words}")

    def ended(self) -> None:
        """Close the bars."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def _bars_on_a_terminal() -> Progress | None:
    """Return bars for folds; None where standard error is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[line]}", markup=False),
        console=console,
        transient=True,
    )


class _FoldBar:
    """One fold that is training."""

    def __init__(self, bars: Progress, name: str) -> None:
        self._bars = bars
        self._best: dict[Any, float] = {}
        self._task = bars.add_task(name, total=None, line="")

    def show(self, line: Mapping[str, Any]) -> None:
        # Adapters report what they like.
        numbers = {name: value for name, value in line.items() if isinstance(value, (int, float))}
        candidate = numbers.get("candidate")  # of a search; each has a best of its own
        best = self._best[candidate] = max(self._best.get(candidate, 0.0), numbers.get("validation_uar", 0.0))
        parts = [f"candidate {candidate}"] if candidate else []
        if "loss" in numbers:
            parts.append(f"loss {numbers['loss']:.3f}")
        if best:
            parts.append(f"best validation UAR {100 * best:.1f}")
        if "samples_per_s" in numbers:
            parts.append(f"{numbers['samples_per_s']:.0f} samples/s")
        self._bars.update(
            self._task, completed=numbers.get("epoch"), total=numbers.get("epochs"), line=", ".join(parts), refresh=True
        )

    def close(self) -> None:
        self._bars.remove_task(self._task)
