"""The unit of work: one cell, in whatever process it happens to run. It speaks only through its folder."""

from __future__ import annotations

import logging
import time
import traceback
from bdb import BdbQuit
from collections.abc import Mapping
from typing import Any

from sabench.cells.cell import Cell, Evaluation
from sabench.cells.evaluating import evaluate
from sabench.cells.evaluation_file import Shape
from sabench.cells.fitting import CellData, FittedMethod, fit, forget_candidates, load, save
from sabench.cells.folder import CellFolder
from sabench.cells.raised import raised_in
from sabench.cells.threads import limited_threads
from sabench.errors import DamagedFile, SabenchError, described
from sabench.machine.environment import environment
from sabench.machine.files import write_json

log = logging.getLogger(__name__)


def work(cell: Cell) -> str:
    """Do what is missing of a cell; returns `complete` or `failed`, with the reason in the folder."""
    folder = CellFolder(cell.folder)
    with folder.lock():
        spent = folder.begin()
        try:
            _work(cell, folder, spent)
        except SabenchError as error:
            folder.fail(str(error))
            return "failed"
        except BdbQuit:  # whoever leaves a debugger ends the run
            raise
        except Exception as error:  # noqa: BLE001  (a method's fault is a row; the rest of the run goes on)
            phase, own_traceback = raised_in(error)
            reason = f"{described(error)}{f' (in {phase})' * bool(phase)}{_way_out(error)}"
            folder.fail(reason, own_traceback or traceback.format_exc())
            return "failed"
        folder.end()
    return "complete"


def _way_out(error: Exception) -> str:
    """Return what to do about a graphics card that is full, which torch tells without advice on folds."""
    full = type(error).__name__ == "OutOfMemoryError"
    return ". Folds side by side share the card: run fewer at a time with --jobs, then repeat the command." * full


def _work(cell: Cell, folder: CellFolder, spent: float) -> None:
    folder.set_damaged_aside({evaluation.key: evaluation.shape(cell.classes) for evaluation in cell.evaluations})
    missing = [each for each in cell.evaluations if not _is_there(folder, each, cell)]
    if not missing and folder.fitted():
        return
    with limited_threads(cell.threads):
        data = CellData(cell)
        method, unsaved = _method(cell, folder, data, spent)
        faults = []
        for evaluation in missing:
            try:
                _evaluate(cell, folder, data, method, evaluation)
            except Exception as error:  # noqa: BLE001  (a draw that a method cannot take must not hold up the others)
                faults.append(error)
        if unsaved:
            folder.write_fit(unsaved)
            forget_candidates(folder)
        if faults:
            raise faults[0]


def _evaluate(cell: Cell, folder: CellFolder, data: CellData, method: FittedMethod, evaluation: Evaluation) -> None:
    started = time.perf_counter()
    probabilities = evaluate(method, evaluation, data, len(cell.classes), threads=cell.threads, alone=cell.alone)
    seconds = time.perf_counter() - started
    about = {"draw": evaluation.draw, "seconds": seconds, **({"strict": True} if cell.strict else {})}
    folder.write_evaluation(evaluation.key, probabilities, about)


def _method(cell: Cell, folder: CellFolder, data: CellData, spent: float) -> tuple[FittedMethod, dict[str, Any]]:
    """Return the saved model of a finished fit, or fit; so many seconds were spent on that before.

    The record of a fit whose model cannot be saved comes back, too, and is empty otherwise: it is to be written after
    the evaluations, so that a fit that counts as finished is never done again.
    """
    kept = _kept_method(cell, folder)
    if kept is not None:
        return kept, {}
    write_json(folder.path / "cell.json", cell.identity)
    started = time.perf_counter()
    method, search = fit(cell, folder, data)
    seconds = spent + time.perf_counter() - started
    saved = save(method, folder)
    record: dict[str, Any] = {
        "seconds": seconds,
        "n_training_speakers": cell.n_training_speakers,
        "n_train": cell.n_train,
        "n_parameters": method.adapter.n_parameters(),
        "saved": saved,
        "environment": environment(cell.device),
    }
    record |= {"search": search} if search else {}
    if saved:
        folder.write_fit(record)
        forget_candidates(folder)
    return method, {} if saved else record


def _kept_method(cell: Cell, folder: CellFolder) -> FittedMethod | None:
    done = folder.fit()
    if done is None or not done.saved:
        return None
    try:
        folder.refuse_changed_model(done)
        return load(cell, folder, done.chosen)
    except Exception as error:  # noqa: BLE001  (whatever a damaged model makes of its reader, the fit can be done anew)
        log.warning("The model of %s, fold %s, cannot be read (%s) and is fitted anew.", cell.run_id, cell.fold, error)
        return None


def _is_there(folder: CellFolder, evaluation: Evaluation, cell: Cell) -> bool:
    kept = folder.read_evaluation(evaluation.key, evaluation.shape(cell.classes)) if cell.strict else None
    return kept[1].strict if kept else not cell.strict and folder.has(evaluation.key)


def is_complete(folder: CellFolder, evaluations: Mapping[str, Shape], *, strict: bool = False) -> bool:
    """Whether the record of the fit and every evaluation, by key, are there, sound, and of the right shape.

    Raises:
        UnreadableFile: something cannot be read now, and may be sound.
    """
    try:
        read = (folder.read_evaluation(key, shape) for key, shape in evaluations.items())
        return folder.fit() is not None and all(kept and (kept[1].strict or not strict) for kept in read)
    except DamagedFile as error:
        log.warning("%s", error)
        return False
