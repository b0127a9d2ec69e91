"""The unit of work: one cell, in whatever process it happens to run. It speaks only through its folder."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import Any

from sabench.cellfolder import CellFolder
from sabench.cells import Cell
from sabench.environment import environment
from sabench.errors import SabenchError
from sabench.files import write_json
from sabench.fitting import CellData, FittedMethod, fit, load, save


def work(cell: Cell) -> str:
    """Do what is missing of a cell; returns `complete` or `failed`, with the reason in the folder."""
    folder = CellFolder(cell.folder)
    with folder.lock():
        folder.begin()
        try:
            _work(cell, folder)
        except SabenchError as error:
            folder.fail(str(error))
            return "failed"
        except Exception as error:  # noqa: BLE001  (a method's fault is a row; the rest of the run goes on)
            folder.fail(f"{type(error).__name__}: {error}", traceback.format_exc())
            return "failed"
        folder.end()
    return "complete"


def _work(cell: Cell, folder: CellFolder) -> None:
    missing = [evaluation for evaluation in cell.evaluations if folder.read_evaluation(evaluation.key) is None]
    if not missing:
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(cell.threads):
        data = CellData(cell)
        method = _method(cell, folder, data)
        for evaluation in missing:
            from sabench.evaluate import evaluate

            started = time.perf_counter()
            probabilities = evaluate(method, evaluation, data, len(cell.classes))
            seconds = time.perf_counter() - started
            folder.write_evaluation(evaluation.key, probabilities, {"draw": evaluation.draw, "seconds": seconds})


def _method(cell: Cell, folder: CellFolder, data: CellData) -> FittedMethod:
    """Return the saved model of a finished fit, or fit."""
    done = folder.fit()
    if done is not None and done["saved"]:
        return load(cell, folder, done.get("search", {}).get("chosen", {}))
    write_json(folder.path / "cell.json", cell.identity)
    started = time.perf_counter()
    method, search = fit(cell, folder, data)
    seconds = time.perf_counter() - started
    saved = save(method, folder)
    record: dict[str, Any] = {
        "seconds": seconds,
        "n_training_speakers": cell.n_training_speakers,
        "n_train": cell.n_train,
        "n_parameters": method.adapter.n_parameters(),
        "saved": saved,
        "environment": environment(cell.device),
    }
    folder.write_fit({**record, "search": search} if search else record)
    return method


def is_complete(folder: Path, evaluations: tuple[str, ...]) -> bool:
    """Whether every evaluation is there, told by names alone."""
    cell = CellFolder(folder)
    return all(cell.has(key) for key in evaluations)
