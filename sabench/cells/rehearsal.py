"""What a warm process does before any cell: it imports, and uses once what is slow when it is first used."""

from __future__ import annotations

import contextlib
import importlib

from sabench.cells import work  # noqa: F401  (what cells run)
from sabench.interfaces.plugins import Adapter, Normaliser
from sabench.machine.environment import environment
from sabench.machine.forks import Step


def steps_for(adapter: Adapter, normaliser: Normaliser | None) -> list[Step]:
    """Return what makes cells of a method quick: their plugins' modules and the libraries that they name."""
    plugins = [plugin for plugin in (adapter, normaliser) if plugin is not None]
    own = [type(plugin).__module__ for plugin in plugins]
    named = [name for plugin in plugins for name in plugin.libraries]
    return [(f"{__name__}:rehearse", *(name for name in dict.fromkeys([*own, *named]) if name != "__main__"))]


def rehearse(*modules: str) -> None:
    """Import modules; nothing here may start threads, which a fork would lose."""
    from threadpoolctl import threadpool_limits

    for name in (*modules, "cloudpickle"):
        with contextlib.suppress(Exception):  # it fails again in the cell, which tells it
            importlib.import_module(name)
    environment("cpu")
    with threadpool_limits(1):  # looks for the libraries that it limits, and remembers them
        pass
