"""The one idempotent operation: bring MLflow up to what the results folder holds for a run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sabench.errors import TrackingError
from sabench.protocols import compact
from sabench.tracking import files
from sabench.tracking.address import Address
from sabench.tracking.content import RunContent, folder_id
from sabench.tracking.mirror import Mirror
from sabench.tracking.store import Store

if TYPE_CHECKING:
    from sabench.results.folder import Results


@dataclass(frozen=True)
class Logged:
    """What one update brought to MLflow; nothing where it held everything already.

    Attributes:
        run_id: of sabench.
        mlflow_run_id: of the parent run on the store.
        status: that MLflow now shows.
        folds: how many folds have a run there.
        params: how many parameters were new.
        metrics: how many metric values were new, those of epochs included.
        files: names of the files that were written.
    """

    run_id: str
    mlflow_run_id: str
    status: str
    folds: int
    params: int = 0
    metrics: int = 0
    files: tuple[str, ...] = ()


class Tracker:
    """Projects the runs of one results folder onto one MLflow experiment.

    Nothing is remembered between calls: each looks up what the store holds, by tag, and adds what it
    lacks. So a run that was killed goes on in its MLflow runs, and a lost store is made again.

    Args:
        results: the results folder to read.
        uri: of the store; otherwise MLFLOW_TRACKING_URI, otherwise `mlflow.db` beside the results folder.
        experiment: its name; otherwise MLFLOW_EXPERIMENT_NAME, otherwise `sabench`.
    """

    def __init__(self, results: Results, *, uri: str | None = None, experiment: str | None = None) -> None:
        self.address = Address.of(results.folder, uri=uri, experiment=experiment)
        self._results = results
        self._store = Store(self.address)

    def prepare(self) -> None:
        """Create or migrate the store and create the experiment; other processes wait meanwhile.

        Raises:
            TrackingError: the store cannot be reached or written.
        """
        with self._store.session():
            pass

    def update(self, run_id: str) -> Logged:
        """Bring MLflow up to what the results folder holds for a run on which work goes on.

        Raises:
            TrackingError: the store cannot be reached or written; the run is not touched by that.
            ResultsError: there is no such run.
        """
        return self._project(run_id, live=True)

    def finish(self, run_id: str) -> Logged:
        """The same for a run on which nobody works any more: what is not complete is shown as ended."""
        return self._project(run_id, live=False)

    def _project(self, run_id: str, *, live: bool) -> Logged:
        content = RunContent.read(self._results, run_id)
        results = folder_id(self._results.folder)
        with self._store.session() as client:
            mirror = Mirror(client, self._store.experiment_id, content, results)
            mirror.write(live=live)
            wanted = content.complete and not mirror.holds_files(files.NAMES)
            status = content.status(live=live) if wanted else mirror.close(live=live)
        if wanted:
            self._log_files(content, mirror)
        return Logged(
            run_id=content.run.run_id,
            mlflow_run_id=mirror.parent_id,
            status=status,
            folds=len(content.begun()),
            params=mirror.counts.params,
            metrics=mirror.counts.metrics,
            files=files.NAMES if wanted else (),
        )

    def _log_files(self, content: RunContent, mirror: Mirror) -> None:
        """Log the files of a complete run, made outside the lock, and only then call it finished."""
        with tempfile.TemporaryDirectory(prefix="sabench-") as folder:
            self._write_files(content, Path(folder))
            with self._store.session() as client:
                client.log_artifacts(mirror.parent_id, folder)
                mirror.tell_files()
                mirror.close(live=False)

    def _write_files(self, content: RunContent, folder: Path) -> None:
        run, first = content.run, content.first
        try:
            files.write_predictions(folder / files.PREDICTIONS, content.predictions)
            files.write_json(folder / files.CARD, compact.compact(content.card))
            files.write_json(folder / files.RECORD, content.record)
            files.write_json(folder / files.ENVIRONMENT, content.environments())
            mark = f"\n{run.mark.strip(' ()')}" if run.mark else ""
            title = (
                f"{run.method.title}, {run.dataset} {run.task}, {run.protocol}\n"
                f"UAR {first.uar_mean:.1%} (mean of folds), {first.uar_pooled:.1%} (pooled){mark}"
            )
            files.write_picture(folder / files.PICTURE, first.confusion, content.classes, title)
        except OSError as error:
            msg = f"Files for MLflow cannot be written to the temporary folder: {error}. Make room there or set TMPDIR."
            raise TrackingError(msg) from error
