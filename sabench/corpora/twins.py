"""Simulated twins: made whole or not at all, and marked, so that they are known from wherever their audio is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sabench.errors import ContractError, DatasetError
from sabench.hashing import digest
from sabench.machine.files import make_folder
from sabench.machine.folders import cache_folder

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Dataset, Progress
    from sabench.interfaces.records import Twin

MARKER: Final = "sabench-twin.json"
"""The file in a twin's root that says how it was made."""


def simulation_of(place: Path) -> Mapping[str, Any] | None:
    """Return how the speech at a place was made, or None where it is no twin.

    The mark is looked for in the folder, in those above it, and likewise where links lead, so that a
    twin stays a twin whichever of its folders is opened.

    Raises:
        DatasetError: there is a mark that cannot be read.
    """
    for folder in _folders(Path(place)):
        marker = folder / MARKER
        if marker.is_file():
            return _read(marker)
    return None


def simulate(
    dataset_name: str,
    dataset: Dataset,
    folder: Path,
    twin: Twin,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> bool:
    """Make a twin in a folder, whole or not at all; return False where the same one is there already.

    Raises:
        DatasetError: the dataset has no twin, something else is in the folder, or it cannot be written.
        ContractError: its `simulate` leaves the twin unmarked.
    """
    if not dataset.can_simulate:
        msg = f"Dataset {dataset_name!r} has no simulated twin. Get the recordings: {dataset.url or 'see its source'}."
        raise DatasetError(msg)
    wanted = {"dataset": dataset_name, **asdict(twin)}

    def fill(beside: Path) -> None:
        dataset.simulate(beside, **asdict(twin), jobs=jobs, progress=progress)
        if not (beside / MARKER).is_file():
            msg = (
                f"Dataset {dataset_name!r} simulated a twin without {MARKER} in its root; its simulate() must write it."
            )
            raise ContractError(msg)

    folder = Path(folder).expanduser().absolute()
    try:
        with _locked(folder):
            if _is_there(folder, wanted):
                return False
            make_folder(folder, fill)
    except OSError as error:
        msg = f"The twin cannot be written to {folder} ({error}). Name a folder that you may write to."
        raise DatasetError(msg) from error
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from making the same folder; the lock lies in the cache, not beside the twin."""
    from filelock import FileLock

    lock = cache_folder() / "locks" / f"{digest(str(folder))}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield


def _is_there(folder: Path, wanted: Mapping[str, Any]) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    recipe = simulation_of(folder) if (folder / MARKER).is_file() else None
    if recipe is not None and all(recipe.get(name) == value for name, value in wanted.items()):
        return True
    what = "another twin" if recipe is not None else "something else"
    msg = f"{folder} holds {what} already. Name a new folder, or remove this one."
    raise DatasetError(msg)


def _folders(place: Path) -> list[Path]:
    ways = (place.absolute(), place.resolve())
    return list(dict.fromkeys(folder for way in ways for folder in (way, *way.parents)))


def _read(marker: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{marker} marks a simulated twin and cannot be read ({error}). Simulate the twin anew."
        raise DatasetError(msg) from error
    if not isinstance(content, dict):
        msg = f"{marker} marks a simulated twin; expected one JSON object in it. Simulate the twin anew."
        raise DatasetError(msg)
    return content
