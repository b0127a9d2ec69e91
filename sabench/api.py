"""The harness for notebooks: what `sabench run` does, returning tidy data frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sabench.registry.registry import Registry
from sabench.running.observer import Observer
from sabench.running.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

    from sabench.results.folder import Results
    from sabench.results.summary import Summary


@dataclass(frozen=True)
class Outcome:
    """What a plan came to.

    Attributes:
        runs: one row a run and draw, as `sabench run --json` prints them: method, dataset, access, seed, draw,
            UARs as fractions, status, failures.
    """

    runs: pd.DataFrame
    _results: Results = field(repr=False)
    _summaries: Sequence[Summary] = field(repr=False)

    def predictions(self) -> pd.DataFrame:
        """Return one row an utterance, run and draw: speaker, true class, predicted class and its probability.

        Columns: `run_id`, `adapter`, `draw`, `fold`, `id`, `speaker`, `truth`, `predicted`, `probability` of the
        predicted class, and `p_` with its name for each class. Folds that failed have no rows.
        """
        import pandas as pd

        frames = [_predictions(self._results, summary) for summary in self._summaries]
        return pd.concat(frames, ignore_index=True)

    def folds(self) -> pd.DataFrame:
        """Return one row a run, draw and fold: its UAR (NaN where it failed), status, seconds and reason of failure."""
        import pandas as pd

        return pd.DataFrame([row for summary in self._summaries for row in _folds(self._results, summary)])

    def _repr_html_(self) -> str:
        """Show the runs where a notebook shows the last value of a cell."""
        return str(self.runs.to_html(index=False))


def run(
    adapters: str | Sequence[str],
    datasets: str | Sequence[str],
    *,
    plugins: Iterable[object] = (),
    observer: Observer | None = None,
    **plan: Any,
) -> Outcome:
    """Run methods on datasets under one protocol; what is complete in the results folder is not computed again.

    Args:
        adapters: methods by name or alias.
        datasets: `name` or `name:task`.
        plugins: modules or objects with hooks that are not installed, such as a class still being written in a
            notebook behind a hook.
        observer: told what happens meanwhile.
        plan: everything else of a plan by the names in `sabench run --print-plan`, for example
            `normaliser="warping"`, `seeds=(0, 1)`, `draws=("first", "nth:1")`, `settings={"svm.C": 0.1}`,
            `root="..."`, `results="..."`, `track=False`.

    Raises:
        SabenchError: the plan cannot be carried out as written. A failed fold is a row instead.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from sabench.testing import make_corpus
    >>> place = Path(tempfile.mkdtemp())
    >>> table = make_corpus(place / "corpus")  # four speakers, tones instead of speech
    >>> outcome = run(("svm", "svm-norm"), ("table",), root=table, results=place / "results", track=False)
    >>> outcome.runs[["adapter", "status"]].values.tolist()
    [['svm', 'complete'], ['svm-norm', 'complete']]
    """
    import pandas as pd

    from sabench.results.folder import Results
    from sabench.running import runner

    chosen = Plan.build({"adapters": adapters, "datasets": datasets, **plan})
    summaries = runner.run(chosen, registry=Registry(plugins), observer=observer)
    return Outcome(pd.DataFrame([summary.json() for summary in summaries]), Results(chosen.results), summaries)


def _predictions(results: Results, summary: Summary) -> pd.DataFrame:
    import pandas as pd

    run_record = summary.record
    predictions = results.predictions(run_record, summary.draw)
    classes = pd.Index(predictions.classes)
    columns = {
        "run_id": run_record.run_id,
        "adapter": run_record.method.name,
        "draw": summary.draw,
        "fold": predictions.fold,
        "id": predictions.ids,
        "speaker": predictions.speaker,
        "truth": classes[predictions.truth],
        "predicted": classes[predictions.predicted],
        "probability": predictions.probabilities.max(axis=1, initial=0.0),
    }
    shown = {f"p_{name}": predictions.probabilities[:, number] for number, name in enumerate(predictions.classes)}
    return pd.DataFrame({**columns, **shown}, index=range(len(predictions)))


def _folds(results: Results, summary: Summary) -> list[dict[str, Any]]:
    from sabench.stats import metrics

    predictions = results.predictions(summary.record, summary.draw)
    uars = metrics.scores(predictions).uar_per_fold if len(predictions) else {}
    return [
        {
            "run_id": summary.record.run_id,
            "adapter": summary.record.method.name,
            "draw": summary.draw,
            "fold": cell.fold,
            "status": cell.status,
            "uar": uars.get(cell.fold, float("nan")),
            "seconds": cell.seconds,
            "error": cell.error,
        }
        for cell in summary.cells
    ]
