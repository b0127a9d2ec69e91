"""Where corpora lie on this machine: named, remembered, or simulated."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sabench.errors import ContractError, DatasetError
from sabench.files import make_folder, replace_file
from sabench.identity import digest
from sabench.twins import MARKER, simulation_of

if TYPE_CHECKING:
    from sabench.interfaces import Dataset, Progress

TWIN_SCALE: Final = 0.05
"""Scale of the twin that `--simulated` makes."""


def cache_folder() -> Path:
    """Return where what can be made again is kept: `SABENCH_CACHE`, or the system's place for caches."""
    return _folder("SABENCH_CACHE", "user_cache_path")


def config_folder() -> Path:
    """Return where links are remembered: `SABENCH_CONFIG`, or the system's place for settings."""
    return _folder("SABENCH_CONFIG", "user_config_path")


def variable(dataset_name: str) -> str:
    """Return the environment variable that may hold a dataset's root.

    >>> variable("my-corpus")
    'SABENCH_MY_CORPUS_ROOT'
    """
    return f"SABENCH_{dataset_name.upper().replace('-', '_')}_ROOT"


def find(dataset_name: str, dataset: type[Dataset], root: Path | None = None) -> Path:
    """Return the root of a dataset: the one given, else the environment's, else the linked one.

    Raises:
        DatasetError: there is none, or what is named is not there.
    """
    name = variable(dataset_name)
    if root is not None:
        return _existing(root, dataset, "--root")
    if os.environ.get(name):
        return _existing(Path(os.environ[name]), dataset, name)
    if dataset_name in linked():
        return _existing(linked()[dataset_name], dataset, f"the link of {dataset_name!r}")
    raise DatasetError(_advice(dataset_name, dataset))


def link(dataset_name: str, path: Path) -> None:
    """Remember the root of a dataset for later commands."""
    from filelock import FileLock

    store = _links()
    store.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(store.with_suffix(".lock")):
        links = {**_read_links(store), dataset_name: str(Path(path).expanduser().absolute())}
        text = json.dumps(links, indent=2, sort_keys=True, ensure_ascii=False)
        replace_file(store, lambda beside: beside.write_text(text + "\n", encoding="utf-8"))


def linked() -> dict[str, Path]:
    """Return the remembered roots by dataset name."""
    return {name: Path(path) for name, path in _read_links(_links()).items()}


def twin(
    dataset_name: str,
    dataset: Dataset,
    *,
    scale: float = TWIN_SCALE,
    seed: int = 0,
    speaker_effect: float = 1.0,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the root of a simulated twin in the cache, made first where it is not there.

    Raises:
        DatasetError: the dataset has no twin.
        ContractError: its `simulate` leaves the twin unmarked.
    """
    name = f"{dataset_name}-v{dataset.version}-scale{scale:g}-seed{seed}-effect{speaker_effect:g}"
    folder = cache_folder() / "twins" / name
    simulate(
        dataset_name,
        dataset,
        folder,
        scale=scale,
        seed=seed,
        speaker_effect=speaker_effect,
        jobs=jobs,
        progress=progress,
    )
    return folder


def simulate(
    dataset_name: str,
    dataset: Dataset,
    folder: Path,
    *,
    scale: float,
    seed: int,
    speaker_effect: float,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> bool:
    """Make a twin in a folder, whole or not at all; return False where the same one is there already.

    Raises:
        DatasetError: the dataset has no twin, or something else is in the folder.
        ContractError: its `simulate` leaves the twin unmarked.
    """
    from filelock import FileLock

    if not dataset.can_simulate:
        msg = f"Dataset {dataset_name!r} has no simulated twin. Get the recordings: {dataset.url or 'see its source'}."
        raise DatasetError(msg)
    wanted = {"dataset": dataset_name, "scale": scale, "seed": seed, "speaker_effect": speaker_effect}

    def fill(beside: Path) -> None:
        dataset.simulate(beside, scale=scale, seed=seed, speaker_effect=speaker_effect, jobs=jobs, progress=progress)
        if not (beside / MARKER).is_file():
            msg = (
                f"Dataset {dataset_name!r} simulated a twin without {MARKER} in its root; its simulate() must write it."
            )
            raise ContractError(msg)

    folder = Path(folder).expanduser().absolute()
    lock = cache_folder() / "locks" / f"{digest(str(folder))}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        if _is_there(folder, wanted):
            return False
        make_folder(folder, fill)
    return True


def _is_there(folder: Path, wanted: Mapping[str, Any]) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    found = simulation_of(folder) if (folder / MARKER).is_file() else None
    if found is not None and all(found.get(name) == value for name, value in wanted.items()):
        return True
    what = "another twin" if found is not None else "something else"
    msg = f"{folder} holds {what} already. Name a new folder, or remove this one."
    raise DatasetError(msg)


def _folder(name: str, kind: str) -> Path:
    if os.environ.get(name):
        return Path(os.environ[name]).expanduser().absolute()
    import platformdirs

    path: Path = getattr(platformdirs, kind)("sabench")
    return path


def _links() -> Path:
    return config_folder() / "roots.json"


def _read_links(store: Path) -> dict[str, str]:
    if not store.exists():
        return {}
    try:
        links = json.loads(store.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{store} remembers linked corpora and cannot be read ({error}). Correct or remove it, then link again."
        raise DatasetError(msg) from error
    if not isinstance(links, dict) or not all(isinstance(path, str) for path in links.values()):
        msg = f"{store} should hold one JSON object of names and paths of linked corpora; it does not. Remove it."
        raise DatasetError(msg)
    return links


def _existing(path: Path, dataset: type[Dataset], source: str) -> Path:
    path = path.expanduser().absolute()
    expected = "file" if dataset.root_is_file else "folder"
    if not path.exists():
        msg = f"{path} (from {source}) is not there; expected the {expected} of {dataset.title or dataset.name}."
        raise DatasetError(msg)
    if path.is_file() != dataset.root_is_file:
        found = "file" if path.is_file() else "folder"
        msg = f"{path} (from {source}) is a {found}; expected the {expected} of {dataset.title or dataset.name}."
        raise DatasetError(msg)
    return path


def _advice(dataset_name: str, dataset: type[Dataset]) -> str:
    kind = "FILE" if dataset.root_is_file else "FOLDER"
    lines = [f"No root is known for dataset {dataset_name!r} ({dataset.title or dataset_name})."]
    if dataset.url:
        lines.append(f"It is obtained from {dataset.url}; licence: {dataset.licence or 'see there'}.")
    lines.append(
        f"Say where it lies with --root {kind}, with {variable(dataset_name)}={kind}, "
        f"or once and for all with: sabench dataset link {dataset_name} {kind}"
    )
    if dataset.can_simulate:
        lines.append(
            "To try without it, add --simulated for a small simulated twin, "
            f"or make one with: sabench dataset simulate {dataset_name} {kind}"
        )
    return "\n".join(lines)
