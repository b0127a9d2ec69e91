"""What a number depends on besides its plan: versions, processor, device."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys
from functools import lru_cache

from sabench.errors import PlanError
from sabench.machine import processes

PACKAGES = ("sabench", "numpy", "scipy", "scikit-learn", "torch", "torchaudio", "opensmile", "soundfile", "pandas")

_FREE = "import torch; print(torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else '')"
_ASKING_S = 120.0


@lru_cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that numbers depend on, of those installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def environment(device: str) -> dict[str, object]:
    """Return what is recorded beside every fit."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": cores(),
        "device": _device_name(device),
        "packages": versions(),
    }


def cores() -> int:
    """Return the processor cores that this process may use; a container's share counts."""
    return processes.count()


def resolve_device(wanted: str, usable: tuple[str, ...], *, elsewhere: bool = False) -> str:
    """Return the device that a method runs on; torch is asked only where the method could use more than the CPU.

    Args:
        wanted: `auto`, or the name of a device.
        usable: by the method.
        elsewhere: whether another machine does the work; then a device that is named is taken to be there.

    Raises:
        PlanError: the device that was asked for by name is not there.
    """
    candidates = usable if wanted == "auto" else tuple(name for name in usable if name == wanted)
    if not candidates or candidates == ("cpu",):
        return "cpu"
    if elsewhere and wanted != "auto":
        return wanted
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted != "auto" and not there.get(wanted):
        msg = f"Device {wanted!r} is not there: torch sees {', '.join(name for name in there if there[name])}."
        raise PlanError(msg)
    return next((name for name in candidates if there.get(name)), "cpu")


def free_bytes(device: str) -> int | None:
    """Return the free memory of a graphics card; None for another device, and where it cannot be told.

    A process of its own asks: who asks takes hundreds of megabytes of that memory until it ends.
    """
    if device != "cuda":
        return None
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _FREE], capture_output=True, text=True, timeout=_ASKING_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return int(asked.stdout) if asked.returncode == 0 and asked.stdout.strip().isdecimal() else None


def _device_name(device: str) -> str:
    if device != "cuda":
        return device
    import torch

    return f"cuda: {torch.cuda.get_device_name()}"
