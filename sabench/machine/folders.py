"""Where sabench keeps what it makes and remembers on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return where what can be made again is kept: `SABENCH_CACHE`, or the system's place for caches."""
    return _folder("SABENCH_CACHE", "user_cache_path")


def config_folder() -> Path:
    """Return where links are remembered: `SABENCH_CONFIG`, or the system's place for settings."""
    return _folder("SABENCH_CONFIG", "user_config_path")


def _folder(name: str, kind: str) -> Path:
    if os.environ.get(name):
        return Path(os.environ[name]).expanduser().absolute()
    import platformdirs

    path: Path = getattr(platformdirs, kind)("sabench")
    return path
