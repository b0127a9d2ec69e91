"""From a name that a user types to the plugins that stand behind it, ready to be checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sabench.checks.subject import Root, Subject
from sabench.corpora import roots
from sabench.errors import DatasetError, PlanError, UnknownPlugin, did_you_mean
from sabench.interfaces.plugins import Dataset, Plugin
from sabench.interfaces.records import Alias, Twin
from sabench.registry import files
from sabench.registry.registry import KINDS, Registry

_TWIN_SCALE = 0.01


def subjects(
    registry: Registry,
    name: str,
    kind: str | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    root: Path | None = None,
) -> list[Subject]:
    """Return the plugins behind a name: one, or the adapter and the normaliser of an alias.

    They get the parameters under which they declare to be checked, then those of an alias, then the settings.

    Args:
        registry: where plugins are found.
        name: as users type it.
        kind: one of `sabench.registry.registry.KINDS`; None where only one kind has the name.
        settings: parameters of the plugin (of the adapter, for an alias).
        root: of a dataset's corpus; otherwise the linked one, otherwise a simulated twin where there is one.

    Raises:
        UnknownPlugin, PluginLoadError: nothing usable stands behind the name.
        PlanError: several kinds have the name.
        ParameterError: a setting that the plugin does not have or take.
    """
    if files.is_file(name):
        chosen, name = _in_file(registry, name, kind)
    else:
        chosen = kind or _kind(registry, name)
    offer = registry.get(chosen, name)
    if not isinstance(offer, Alias):
        plugin = _built(registry, chosen, name, settings or {})
        return [Subject(plugin, _root(name, plugin, root), name)]
    adapter = _built(registry, "adapters", offer.adapter, {**offer.parameters, **(settings or {})})
    subjects = [Subject(adapter, registered=offer.adapter)]
    if offer.normaliser:
        normaliser = _built(registry, "normalisers", offer.normaliser, offer.normaliser_parameters)
        subjects.append(Subject(normaliser, registered=offer.normaliser))
    return subjects


def _in_file(registry: Registry, name: str, kind: str | None) -> tuple[str, str]:
    """Return kind and name of a plugin out of a file; of the kind that is named, or of the only one that it holds."""
    kinds = [kind] if kind else registry.kinds_in(name)
    if len(kinds) > 1:
        msg = f"{name} holds plugins of several kinds: {' and '.join(kinds)}. Say which with --kind."
        raise PlanError(msg)
    chosen = kinds[0] if kinds else "adapters"  # whose sentence says that there is none
    return chosen, registry.settled(chosen, name)


def _kind(registry: Registry, name: str) -> str:
    having = [kind for kind in KINDS if name in registry.names(kind)]
    if len(having) == 1:
        return having[0]
    if having:
        msg = f"There are several plugins {name!r}: {' and '.join(having)}. Say which with --kind."
        raise PlanError(msg)
    known = [known for kind in KINDS for known in registry.names(kind)]
    msg = f"Unknown plugin {name!r}.{did_you_mean(name, known)} `sabench list` shows what is installed."
    raise UnknownPlugin(msg)


def _built(registry: Registry, kind: str, name: str, parameters: Mapping[str, Any]) -> Plugin:
    cls: type[Plugin] = registry.get(kind, name)
    plugin: Plugin = registry.create(kind, name, {**cls.check_parameters, **parameters})
    return plugin


def _root(name: str, plugin: Plugin, root: Path | None) -> Root | None:
    if not isinstance(plugin, Dataset):
        return None
    try:
        return roots.find(name, type(plugin), root)
    except DatasetError:
        if root is not None:
            raise
    return roots.twin(name, plugin, Twin(scale=_TWIN_SCALE)) if plugin.can_simulate else None
