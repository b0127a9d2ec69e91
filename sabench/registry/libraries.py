"""Libraries that plugins need while they run, and those of them that are not installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from typing import Final

from sabench.errors import PluginLoadError
from sabench.interfaces.plugins import Plugin

_PACKAGE_OF: Final = {"sklearn": "scikit-learn", "espeakng_loader": "espeakng-loader"}


def package(module: str) -> str:
    """Return what a top-level module is called where it is installed from.

    >>> package("sklearn")
    'scikit-learn'
    """
    return _PACKAGE_OF.get(module, module)


def is_installed(module: str) -> bool:
    """Return whether a top-level module can be found, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def missing(plugins: Iterable[Plugin | type[Plugin]], installed: Callable[[str], bool] | None = None) -> list[str]:
    """Return the packages that plugins name in `libraries` and that are not installed, in sorted order.

    Args:
        plugins: or their classes.
        installed: says so of a top-level module; whoever asks for many plugins has the answers remembered.
    """
    modules = {name.partition(".")[0] for plugin in plugins for name in plugin.libraries}
    return sorted(package(name) for name in modules if not (installed or is_installed)(name))


def refuse_missing(name: str, plugins: Iterable[Plugin]) -> None:
    """Raise where a method needs what is not installed.

    Raises:
        PluginLoadError: with the command that brings it.
    """
    lacking = missing(plugins)
    if lacking:
        msg = f"{name} needs {' and '.join(lacking)}, not installed here. Install with: pip install {' '.join(lacking)}"
        raise PluginLoadError(msg)
