"""Where corpora lie on this machine: named, remembered, or simulated."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sabench.corpora.twins import simulate
from sabench.errors import DatasetError
from sabench.interfaces.records import Twin
from sabench.machine.files import replace_file
from sabench.machine.folders import cache_folder, config_folder

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Dataset, Progress

__all__ = ["advice", "cache_folder", "config_folder", "find", "link", "linked", "place_of", "twin", "variable"]


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
    if root is not None:
        return _existing(root, dataset)
    if (place := place_of(dataset_name)) is None:
        raise DatasetError(advice(dataset_name, dataset))
    source = variable(dataset_name) if os.environ.get(variable(dataset_name)) else f"the link of {dataset_name!r}"
    return _existing(place, dataset, f" (from {source})")


def place_of(dataset_name: str) -> Path | None:
    """Return where a dataset should lie by the environment, else by its link, whether or not anything is there."""
    named = os.environ.get(variable(dataset_name))
    return Path(named) if named else linked().get(dataset_name)


def link(dataset_name: str, path: Path) -> None:
    """Remember the root of a dataset for later commands.

    Raises:
        DatasetError: what is remembered cannot be read or written.
    """
    from filelock import FileLock

    store = _links()
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(store.with_suffix(".lock")):
            links = {**_read_links(store), dataset_name: str(Path(path).expanduser().absolute())}
            text = json.dumps(links, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
            replace_file(store, lambda beside: beside.write_text(text, encoding="utf-8"))
    except OSError as error:
        msg = f"The link cannot be remembered in {store} ({error}). Name another folder with SABENCH_CONFIG."
        raise DatasetError(msg) from error


def linked() -> dict[str, Path]:
    """Return the remembered roots by dataset name."""
    return {name: Path(path) for name, path in _read_links(_links()).items()}


def twin(
    dataset_name: str,
    dataset: Dataset,
    recipe: Twin | None = None,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the root of a simulated twin in the cache, made first where it is not there.

    Raises:
        DatasetError: the dataset has no twin.
        ContractError: its `simulate` leaves the twin unmarked.
    """
    twin = recipe or Twin()
    how = f"scale{float(twin.scale)}-seed{twin.seed}-effect{float(twin.speaker_effect)}"
    name = f"{dataset_name}-v{dataset.simulation_version}-{how}"
    folder = cache_folder() / "twins" / name
    simulate(dataset_name, dataset, folder, twin, jobs=jobs, progress=progress)
    return folder


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


def _existing(path: Path, dataset: type[Dataset], source: str = "") -> Path:
    path = path.expanduser().absolute()
    expected = "file" if dataset.root_is_file else "folder"
    if not path.exists():
        msg = f"{path}{source} is not there; expected the {expected} of {dataset.title or dataset.name}."
        raise DatasetError(msg)
    if path.is_file() != dataset.root_is_file:
        kind = "file" if path.is_file() else "folder"
        msg = f"{path}{source} is a {kind}; expected the {expected} of {dataset.title or dataset.name}."
        raise DatasetError(msg)
    return path


def advice(dataset_name: str, dataset: type[Dataset]) -> str:
    """Return how a dataset is obtained and how to say where it lies, a line each."""
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
