import json
import logging
import os
import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny

from sabench.cells import work as working
from sabench.cells.folder import CellFolder
from sabench.cells.work import is_complete, work
from sabench_plugins.adapters.svm import SVM
from sabench_plugins.kept_training import KeptTraining

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def made(tones, tmp_path):
    """Return the cell of fold s0 and its folder; fits leave a line each in `notes`."""

    def make(adapter="nearest", **values):
        settings = {"adapter.notes": str(tmp_path / "notes"), **values.pop("settings", {})}
        cell, *_ = tiny.cells(tiny.plan(tones, tmp_path, adapters=adapter, settings=settings, **values))
        return cell, CellFolder(cell.folder)

    return make


@pytest.fixture
def n_fits(tmp_path):
    notes = tmp_path / "notes"
    return lambda: len(notes.read_text().splitlines()) if notes.exists() else 0


def work_elsewhere(cell):
    """Work in a process of its own and return how it ended."""
    code = "import pickle, sys; from sabench.cells.work import work; work(pickle.load(sys.stdin.buffer))"
    place = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": place}
    return subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(cell), env=environment, check=False
    ).returncode


def complete(cell, folder):
    return is_complete(folder, {evaluation.key: evaluation.shape(cell.classes) for evaluation in cell.evaluations})


def test_a_cell_leaves_all_that_is_told_of_it_in_its_folder(made):
    cell, folder = made()
    assert work(cell) == "complete"
    record = folder.fit()
    assert (record.n_training_speakers, record.n_train, record.n_parameters) == (3, 27, None)
    assert record.saved
    assert record.seconds >= 0
    assert record.environment["packages"]["sabench"]
    probabilities, told = folder.read_evaluation(cell.evaluations[0].key)
    assert probabilities.shape == (8, 3)
    assert told.draw == "first"
    assert complete(cell, folder)
    assert not folder.attempted()


def test_the_identity_of_a_cell_can_be_read(made):
    cell, folder = made("nearest-norm")
    work(cell)
    identity = json.loads((folder.path / "cell.json").read_text())
    assert (identity["fold"], identity["seed"], identity["normaliser"]["name"]) == ("s0", 0, "speaker-zscore")


def test_a_finished_cell_is_not_computed_again(made, n_fits):
    cell, folder = made()
    work(cell)
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.path.rglob("*") if path.name != "lock")
    assert work(cell) == "complete"
    after = sorted((path, path.stat().st_mtime_ns) for path in folder.path.rglob("*") if path.name != "lock")
    assert [entry for entry in after if entry[0].is_file()] == [entry for entry in before if entry[0].is_file()]
    assert n_fits() == 1


def test_a_new_draw_re_uses_the_model(made, n_fits):
    work(made("nearest-to-neutral")[0])
    cell, folder = made("nearest-to-neutral", draws=["first", "other-speaker"])
    history = folder.history()
    assert work(cell) == "complete"
    assert folder.history() == history
    assert [folder.has(evaluation.key) for evaluation in cell.evaluations] == [True, True]


def test_a_new_draw_of_a_method_that_cannot_be_saved_fits_again(made, n_fits):
    cell, folder = made("faulty", settings={"faulty.target": "s3"})
    work(cell)
    for path in (folder.path / "evaluations").iterdir():
        path.unlink()
    assert work(cell) == "complete"
    assert n_fits() == 2


@pytest.mark.parametrize("name", ["fit.json", "evaluations/{}.npz", "model/adapter/means.npy"])
def test_what_is_damaged_is_made_again_with_the_same_numbers(made, name, caplog):
    cell, folder = made()
    work(cell)
    (key,) = (evaluation.key for evaluation in cell.evaluations)
    expected, _ = folder.read_evaluation(key)
    (folder.path / name.format(key)).write_bytes(b"damaged")
    if name.startswith("model"):
        (folder.path / "evaluations" / f"{key}.npz").unlink()
    with caplog.at_level(logging.WARNING):
        assert not complete(cell, folder)
        assert work(cell) == "complete"
    assert complete(cell, folder)
    assert np.array_equal(folder.read_evaluation(key)[0], expected)


def test_a_fit_that_was_cut_short_goes_on_after_its_last_epoch(made):
    cell, folder = made("nearest-to-neutral")
    work(cell)
    (key,) = (evaluation.key for evaluation in cell.evaluations)
    expected, _ = folder.read_evaluation(key)
    shutil.rmtree(folder.path)

    assert work_elsewhere(replace(cell, adapter=tiny.NearestToNeutral(dies_after=2))) == -signal.SIGKILL
    assert folder.attempted()
    assert [line["epoch"] for line in folder.history()] == [1, 2]

    mark = folder.path / "attempt.json"
    attempt = json.loads(mark.read_text())
    mark.write_text(json.dumps({**attempt, "started": attempt["started"] - 1000}))
    assert work(cell) == "complete"
    assert 1000 < folder.fit().seconds < 1100
    assert [json.loads(line)["epoch"] for line in folder.history_file.read_text().splitlines()] == [1, 2, 3]
    assert np.array_equal(folder.read_evaluation(key)[0], expected)


def test_a_fault_of_a_method_is_kept_with_its_traceback(made):
    cell, folder = made("faulty")
    assert work(cell) == "failed"
    assert folder.error() == "RuntimeError: no luck (in fit)"
    assert "in fit" in json.loads((folder.path / "error.json").read_text())["details"]
    assert not complete(cell, folder)


def test_a_large_training_set_is_not_kept_in_every_fold(made, monkeypatch):
    monkeypatch.setattr(KeptTraining, "most_bytes", 100)
    cell, folder = made("nearest")
    assert work(replace(cell, adapter=SVM())) == "complete"
    assert not folder.fit().saved
    assert not list(folder.path.rglob("training.safetensors"))


class FullCard(tiny.Nearest):
    def fit(self, train, validation, *, context):
        import torch

        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 42.00 MiB.")


def test_a_full_graphics_card_is_told_with_what_helps(made):
    cell, folder = made("nearest")
    assert work(replace(cell, adapter=FullCard())) == "failed"
    assert folder.error() == (
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 42.00 MiB. (in fit). "
        "Folds side by side share the card: run fewer at a time with --jobs, then repeat the command."
    )


def test_a_broken_contract_is_told_in_its_own_words(made):
    cell, folder = made("faulty", settings={"faulty.fault": "nan"})
    assert work(cell) == "failed"
    assert folder.error().startswith("Faulty.predict_proba gave 24 values that are not finite")


def test_a_draw_that_a_method_cannot_take_does_not_hold_up_the_others(made, monkeypatch):
    def evaluate(method, evaluation, *rest, **how):
        if evaluation.draw == "zeros":
            raise ValueError("no zeros")
        return honest(method, evaluation, *rest, **how)

    honest = working.evaluate
    monkeypatch.setattr(working, "evaluate", evaluate)
    cell, folder = made("nearest-to-neutral", draws=["zeros", "first", "emotional"])
    assert work(cell) == "failed"
    assert folder.error() == "ValueError: no zeros"
    assert "in evaluate" in json.loads((folder.path / "error.json").read_text())["details"]
    assert [folder.has(evaluation.key) for evaluation in cell.evaluations] == [False, True, True]


def test_a_failed_cell_is_tried_again(made, monkeypatch):
    cell, folder = made("faulty")
    work(cell)
    monkeypatch.setattr(cell.adapter, "fault", "memory")
    monkeypatch.setattr(cell.adapter, "target", "s1")
    assert work(cell) == "complete"
    assert folder.error() == ""


def test_a_cell_waits_for_whoever_works_on_it(made):
    from threading import Thread

    cell, folder = made()
    with folder.lock():
        worker = Thread(target=work, args=(cell,))
        worker.start()
        worker.join(0.5)
        assert worker.is_alive()
        assert folder.fit() is None
    worker.join(20)
    assert folder.fit() is not None


def test_numerical_libraries_keep_to_the_threads_of_the_cell(made, monkeypatch):
    from threadpoolctl import threadpool_info

    seen = []
    monkeypatch.setattr(
        tiny.Nearest,
        "look",
        lambda adapter, features, look=tiny.Nearest.look: (
            seen.append(({pool["num_threads"] for pool in threadpool_info()}, os.environ["OMP_NUM_THREADS"])),
            look(adapter, features),
        )[1],
    )
    before = os.environ.get("OMP_NUM_THREADS")
    work(made()[0])
    assert set(map(str, seen)) == {"({1}, '1')"}
    assert os.environ.get("OMP_NUM_THREADS") == before
