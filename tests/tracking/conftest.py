"""Results folders made by hand, cell by cell, and stores to track them on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sabench.hashing import digest
from sabench.interfaces.records import Access, Component, Method
from sabench.protocols.folds import order_of_prediction
from sabench.results.folder import Results
from sabench.results.runs import RunRecord
from sabench.tracking import library
from sabench.tracking.address import sqlite_uri
from sabench.tracking.tracker import Tracker

CLASSES = ["anger", "neutral"]
FOLDS = ("A", "B", "C")
METHOD = Method(
    "svm-norm",
    Component("svm", "1", {"C": 1.0, "kernel": "rbf"}),
    Component("speaker-zscore", "1", {"unlabelled": "all"}),
    Component("egemaps", "1"),
    Access(unlabelled="all"),
)


class Made:
    """One run over three speakers of four utterances each, whose cells a test completes one by one.

    Every fold has recalls 0.5 and 1.0: UAR 0.75.
    """

    def __init__(self, folder: Path, run_id: str = "svm-norm-emodb-1", **fields):
        self.results = Results(folder)
        self.run_id = run_id
        ids = {f: order_of_prediction([f"{f}{i}" for i in range(4)]) for f in FOLDS}
        self.truth = {
            "classes": CLASSES,
            "folds": {f: {"ids": ids[f], "speaker": [f] * 4, "labels": [0, 0, 1, 1]} for f in FOLDS},
            "gender": {},
        }
        self.card = {
            "dataset": "emodb",
            "task": "7class",
            "classes": CLASSES,
            "corpus": "made",
            "simulated": None,
            "protocol": "loso",
            "pool": {},
            "folds": [{"name": f, "train": [], "validation": [], "test": [f]} for f in FOLDS],
            "speakers": {f: {"neutral": [], "unlabelled": [], "labelled": [], "scored": ids[f]} for f in FOLDS},
        }
        self.hash = digest(self.card)
        self.results.write_protocol(self, self.truth)
        record = RunRecord(
            run_id=run_id,
            method=METHOD,
            dataset="emodb",
            task="7class",
            protocol="loso",
            protocol_hash=self.hash,
            seed=0,
            threads=1,
            device="cpu",
            validation_as_training=True,
            simulation=None,
            stochastic=False,
            folds={fold: digest([run_id, fold]) for fold in FOLDS},
            evaluations={"first": self._keys("first")},
            created="2026-01-02T03:04:05+00:00",
        )
        self.record = self.results.write_run(replace(record, **fields))

    def _keys(self, draw: str) -> dict[str, str]:
        return {fold: digest([self.run_id, fold, draw]) for fold in FOLDS}

    def ask(self, draw: str) -> None:
        """Ask for one more draw, as a second command does."""
        self.record = self.results.write_run(replace(self.record, evaluations={draw: self._keys(draw)}))

    def cell(self, fold: str):
        """Return the folder of a fold's cell."""
        folder = self.results.cell(self.record.folds[fold])
        folder.path.mkdir(parents=True, exist_ok=True)
        return folder

    def complete(self, *folds: str) -> None:
        """Complete folds, all of them by default."""
        fit = {"seconds": 2.0, "n_training_speakers": 2, "n_train": 8, "n_parameters": None, "saved": False}
        probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
        for fold in folds or FOLDS:
            self.cell(fold).write_fit({**fit, "environment": {"python": "3.11"}})
            for draw, keys in self.record.evaluations.items():
                self.cell(fold).write_evaluation(keys[fold], probabilities, {"draw": draw, "seconds": 1.0})

    def epochs(self, fold: str, first: int, last: int) -> None:
        """Report epochs of a fold, as a training cell does."""
        for epoch in range(first, last + 1):
            self.cell(fold).report(epoch=epoch, loss=1.0 / epoch, validation_uar=0.1 * epoch)


class Seen:
    """What a store holds of an experiment, read with MLflow itself."""

    def __init__(self, tracker: Tracker):
        self.client = library.client(tracker.address.uri)
        self.experiment = self.client.get_experiment_by_name(tracker.address.experiment)

    @property
    def runs(self):
        """Parents and folds, the oldest first."""
        return self.client.search_runs([self.experiment.experiment_id], order_by=["attributes.start_time ASC"])

    @property
    def parents(self):
        """Runs without a parent."""
        return [run for run in self.runs if "mlflow.parentRunId" not in run.data.tags]

    @property
    def parent(self):
        """The only parent."""
        (parent,) = self.parents
        return parent

    @property
    def folds(self):
        """Folds by name."""
        found = [run for run in self.runs if "mlflow.parentRunId" in run.data.tags]
        by_name = {run.data.tags["sabench.fold"]: run for run in found}
        assert len(by_name) == len(found), "a fold stands there twice"
        return by_name

    def curve(self, fold: str, name: str):
        """Return every (step, value) of a metric."""
        history = self.client.get_metric_history(self.folds[fold].info.run_id, name)
        return [(point.step, round(point.value, 6)) for point in history]

    def files(self):
        """Return the names of the parent's files."""
        return {item.path for item in self.client.list_artifacts(self.parent.info.run_id)}

    def download(self, name: str, folder: Path) -> Path:
        """Return a local copy of a file of the parent."""
        return Path(self.client.download_artifacts(self.parent.info.run_id, name, str(folder)))


@pytest.fixture(autouse=True)
def _no_named_store(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)


@pytest.fixture(scope="session")
def shared_uri(tmp_path_factory):
    """A store for all tests, each with an experiment of its own: to make a store takes a second."""
    return sqlite_uri(tmp_path_factory.mktemp("store") / "mlflow.db")


@pytest.fixture
def made(tmp_path):
    """A run of which nothing is done yet."""
    return Made(tmp_path / "sabench-results")


@pytest.fixture
def tracker(made, shared_uri, tmp_path):
    """A tracker of that run on an experiment of its own."""
    return Tracker(made.results, uri=shared_uri, experiment=tmp_path.name)


@pytest.fixture
def seen(tracker):
    """What its experiment holds."""
    tracker.prepare()
    return Seen(tracker)


@pytest.fixture
def make():
    """Make another run: `make(folder, run_id, **fields)`."""
    return Made


@pytest.fixture
def look():
    """Look at what another tracker logged: `look(tracker)`."""
    return Seen
