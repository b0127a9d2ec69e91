"""What of this machine sabench needs, whether it is there, and what to do where it is not. Nothing is changed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from sabench._version import __version__
from sabench.corpora import roots
from sabench.errors import SabenchError, described
from sabench.machine.environment import cores, versions
from sabench.machine.folders import cache_folder, config_folder
from sabench.registry.libraries import is_installed, package
from sabench.registry.registry import KINDS, Registry
from sabench.results.folder import Results
from sabench.tracking.address import Address

State = Literal["ok", "note", "fault"]
GIBIBYTE: Final = 2**30
LOW_DISK_GIB: Final = 5.0
_PATIENCE_S: Final = 3.0
_NEEDED_BY: Final = {
    "torch": "neural methods",
    "torchaudio": "spectrograms and pretrained encoders",
    "opensmile": "eGeMAPS and IS09 functionals",
    "sklearn": "every classifier of scikit-learn",
    "mlflow": "tracking; without it run with --no-track",
    "matplotlib": "pictures",
    "distributed": "--dask; install it with: pip install 'sabench[dask]'",
    "espeakng_loader": "simulated twins",
}
_OPTIONAL: Final = ("torch", "torchaudio", "mlflow", "distributed", "espeakng_loader")
"""Without these sabench does less, and what it does is the same; see docs/how-to/install.md."""
_EXTRA: Final = "pip install 'sabench["
"""Stands in the reason of a plugin whose optional packages are not installed."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: of this machine.
        state: `ok`, `note` (works, with something to know) or `fault`.
        words: what is there.
        advice: what to do; empty where there is nothing.
    """

    what: str
    state: State
    words: str
    advice: str = ""


def examine(results: Path) -> list[Finding]:
    """Return what was seen of this machine; a look that fails is a fault of its own.

    Args:
        results: the results folder that runs would write to.
    """
    looks: dict[str, Callable[[], Iterator[Finding]]] = {
        "sabench": _versions,
        "libraries": _libraries,
        "device": _devices,
        "plugins": _plugins,
        "corpora": _corpora,
        "cache": lambda: _folder("cache", cache_folder(), "SABENCH_CACHE"),
        "settings": lambda: _folder("settings", config_folder(), "SABENCH_CONFIG"),
        "results": lambda: _results(results),
        "MLflow": lambda: _store(results),
    }
    seen: list[Finding] = []
    for what, look in looks.items():
        try:
            seen += look()
        except Exception as error:  # noqa: BLE001  (what it looks at may be broken in any way; the rest is seen all the same)
            seen.append(Finding(what, "fault", described(error), "Tell the authors of sabench of this sentence."))
    return seen


def _versions() -> Iterator[Finding]:
    yield Finding("sabench", "ok", f"{__version__} on Python {platform.python_version()}, {platform.platform()}")


def _libraries() -> Iterator[Finding]:
    known = versions()
    for module, needed_by in _NEEDED_BY.items():
        name = package(module)
        if is_installed(module):
            version = known.get(name) or importlib.metadata.version(name)
            yield Finding(name, "ok", version)
        elif module in _OPTIONAL:
            advice = f"pip install {name}" if name not in needed_by and "pip install" not in needed_by else ""
            yield Finding(name, "note", "not installed", f"Needed for {needed_by}. {advice}".rstrip())
        else:
            yield Finding(name, "fault", "not installed", f"pip install {name}; it is needed for {needed_by}.")


def _devices() -> Iterator[Finding]:
    yield Finding("processor", "ok", f"{cores()} cores, {_instructions()}")
    if not is_installed("torch"):
        return
    import torch

    if torch.cuda.is_available():
        names = ", ".join(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
        yield Finding("accelerator", "ok", f"CUDA: {names}")
    elif torch.backends.mps.is_available():
        yield Finding("accelerator", "ok", "Metal")
    else:
        advice = "Networks take hours on a processor: --preset small, and --dry-run for what to expect."
        yield Finding("accelerator", "note", "none that torch sees", advice)


def _instructions() -> str:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine()
    widest = next((name for name in ("avx512f", "avx2", "sse4_2", "asimd") if name in flags), platform.machine())
    return f"{widest}{' with bfloat16' if 'avx512_bf16' in flags or 'amx_bf16' in flags else ''}"


def _plugins() -> Iterator[Finding]:
    registry = Registry()
    for kind in KINDS:
        offers = registry.offers(kind)
        broken = [offer for offer in offers if offer.reason]
        yield Finding(kind, "ok", f"{len(offers) - len(broken)} plugins")
        for offer in broken:
            optional = _EXTRA in offer.reason
            helped = "pip install" in offer.reason
            advice = "" if helped else f"Repair or uninstall {offer.distribution}; everything else works."
            yield Finding(f"{kind}: {offer.name}", "note" if optional else "fault", offer.reason, advice)


def _corpora() -> Iterator[Finding]:
    names = sorted({*Registry().names("datasets"), *roots.linked()})
    places = {name: place for name in names if (place := roots.place_of(name))}
    for name, path in places.items():
        if path.exists():
            yield Finding(f"corpus {name}", "ok", str(path))
        else:
            advice = f"Mount it, or link another place: sabench dataset link {name} FOLDER"
            yield Finding(f"corpus {name}", "fault", f"{path} is not there", advice)
    if not places:
        yield Finding(
            "corpora", "note", "none is linked", "sabench dataset link NAME FOLDER, or --root with every command."
        )


def _folder(what: str, path: Path, variable: str) -> Iterator[Finding]:
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    free_gib = shutil.disk_usage(existing).free / GIBIBYTE
    words = f"{path}, {free_gib:.1f} GiB free"
    if not os.access(existing, os.W_OK):
        yield Finding(what, "fault", f"{path} cannot be written", f"Allow it, or name another place in {variable}.")
    elif free_gib < LOW_DISK_GIB:
        yield Finding(what, "note", words, f"Make room, or name another place in {variable}.")
    else:
        yield Finding(what, "ok", words)


def _results(path: Path) -> Iterator[Finding]:
    yield from _folder("results", path.absolute(), "--results")
    if not path.is_dir():
        return
    try:
        results = Results(path)
        n_runs, damaged = len(results.runs()), results.unreadable()
    except SabenchError as error:
        yield Finding("runs", "fault", str(error))
        return
    if damaged:
        words = f"{len(damaged)} of {n_runs + len(damaged)} are damaged, such as {next(iter(damaged))}"
        yield Finding("runs", "fault", words, "sabench runs says why; repeat their commands.")
    else:
        yield Finding("runs", "ok", f"{n_runs} runs")


def _store(results: Path) -> Iterator[Finding]:
    address = Address.of(results)
    if address.database is not None:
        there = "is there" if address.database.exists() else "will be made by the first run"
        yield Finding("MLflow store", "ok", f"{address.database} {there}")
        return
    parts = urlsplit(address.uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=_PATIENCE_S):
            yield Finding("MLflow store", "ok", f"{address.shown} answers")
    except OSError as error:
        advice = "Start it, name another in MLFLOW_TRACKING_URI, or run with --no-track and log later: sabench track."
        yield Finding("MLflow store", "fault", f"{address.shown} does not answer: {error}", advice)
