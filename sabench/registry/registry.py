"""Finds plugins. One entry point a plugin, each loaded singly in a guard, names known without an import."""

from __future__ import annotations

import contextlib
import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import pluggy

from sabench.errors import (
    ContractError,
    ParameterError,
    PluginLoadError,
    SabenchError,
    UnknownPlugin,
    described,
    did_you_mean,
)
from sabench.interfaces import hookspecs, plugins
from sabench.interfaces.records import TRAINED_ON, Alias, Component
from sabench.interfaces.versions import version_of
from sabench.registry import files, probing

_OWN: Final = "sabench"
"""The distribution of the first-party plugins."""
KINDS: Final = ("datasets", "features", "normalisers", "adapters")
_BASE: Final = {
    "datasets": plugins.Dataset,
    "features": plugins.FeatureExtractor,
    "normalisers": plugins.Normaliser,
    "adapters": plugins.Adapter,
}
_SINGULAR: Final = {"datasets": "dataset", "features": "features", "normalisers": "normaliser", "adapters": "adapter"}


@dataclass(frozen=True)
class Offer:
    """A name that a plugin offers, or the reason why it cannot.

    Attributes:
        name: what a user types.
        kind: one of `KINDS`.
        distribution: the installed distribution that it comes from.
        value: a class or an alias; None where the plugin is broken.
        reason: why it is broken; empty otherwise.
    """

    name: str
    kind: str
    distribution: str
    value: Any = None
    reason: str = ""


@dataclass
class Registry:
    """The plugins that are installed, and those handed over in `extra` (modules or objects with hooks).

    Nothing is imported before it is asked for.
    """

    extra: Iterable[object] = ()
    _manager: pluggy.PluginManager = field(init=False)
    _loaded: dict[tuple[str, str, str], list[Offer]] = field(init=False, default_factory=dict)
    _extra: list[Offer] = field(init=False)

    def __post_init__(self) -> None:
        self._manager = pluggy.PluginManager("sabench")
        self._manager.add_hookspecs(hookspecs)
        self._extra = []
        for plugin in self.extra:
            self._manager.register(plugin)
            for kind in KINDS:
                self._extra += self._offers(kind, plugin, "this process", None)

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind in sorted order, importing nothing."""
        named = {point.name for point in self._installed[kind]}
        return sorted(named | {offer.name for offer in self._extra if offer.kind == kind})

    def offers(self, kind: str) -> list[Offer]:
        """Return every offer of one kind, broken ones included; this imports all plugins of the kind."""
        offered = [offer for offer in self._extra if offer.kind == kind]
        for point in self._installed[kind]:
            offered += self._load(kind, point)
        # A module with two plugins is reached through two entry points and offers both each time.
        once = [offer for number, offer in enumerate(offered) if offer not in offered[:number]]
        return sorted(once, key=lambda offer: offer.name)

    def settled(self, kind: str, name: str) -> str:
        """Return the name of a plugin, which may have been named by its file; that file is then loaded.

        Raises:
            PluginLoadError: the file cannot be loaded, or does not hold one such plugin.
        """
        if not files.is_file(name):
            return name
        (own, cls), *_ = files.load(name, _BASE[kind], _SINGULAR[kind]).items()
        offer = Offer(own, kind, name, cls)
        if offer not in self._extra:
            self._extra.append(offer)
        return own

    def kinds_in(self, file: str) -> list[str]:
        """Return which kinds of plugins a file holds; where one is named, as in `my.py:mine`, the kinds of that name.

        Raises:
            PluginLoadError: the file cannot be loaded.
        """
        _, _, wanted = file.partition(".py:")
        classes = [cls for cls in files.plugins_in(file) if not wanted or cls.name == wanted]
        return [kind for kind, base in _BASE.items() if any(issubclass(cls, base) for cls in classes)]

    def get(self, kind: str, name: str) -> Any:
        """Return the class (or alias) behind a name.

        Raises:
            UnknownPlugin: no plugin offers it.
            PluginLoadError: the plugin is broken, or two offer the name.
        """
        return self._offer(kind, name).value

    def create(self, kind: str, name: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return a plugin of this name, built with validated parameters.

        Raises:
            UnknownPlugin, PluginLoadError: nothing usable stands behind the name.
            ParameterError: a parameter that it does not have, or a value that it does not take.
        """
        from sabench.registry.parameters import resolve

        offer = self._offer(kind, name)
        cls = offer.value
        if isinstance(cls, Alias):
            msg = f"{name!r} is an alias of {cls.adapter!r}; expand it before building."
            raise ContractError(msg)
        values = resolve(cls, name, parameters or {})
        try:
            return cls(**values)
        except SabenchError:
            raise
        except Exception as error:  # a constructor is a plugin's code and may raise anything
            msg = f"The {_SINGULAR[kind]} {name!r} cannot be built: {_reason(error, offer.distribution)}"
            raise PluginLoadError(msg) from error

    def rebuild(self, kind: str, component: Component, changes: Mapping[str, Any] | None = None) -> Any:
        """Return a plugin as a run recorded it, with some parameters changed.

        Raises:
            UnknownPlugin: it is not installed.
            PluginLoadError: it is broken, or installed in another version.
            ParameterError: a parameter that it does not have, or a value that it does not take.
        """
        cls = self._offer(kind, component.name).value
        parameters = {**component.parameters, **(changes or {})}
        if not isinstance(cls, Alias):
            own = {name: value for name, value in parameters.items() if name != TRAINED_ON or name in cls.signature()}
            if version_of(cls) == component.version:
                return self.create(kind, component.name, own)
            # Where weights or a table are part of the version, only a built plugin has it.
            with contextlib.suppress(ParameterError):
                plugin = self.create(kind, component.name, own)
                if version_of(plugin) == component.version:
                    return plugin
        here = "an alias" if isinstance(cls, Alias) else f"version {version_of(cls)}"
        msg = (
            f"The run was made with {component.name} version {component.version}; {here} is installed. "
            "Install the version of the run, or repeat the run."
        )
        raise PluginLoadError(msg)

    @cached_property
    def _installed(self) -> Mapping[str, tuple[importlib.metadata.EntryPoint, ...]]:
        """The entry points of every kind: each look reads the metadata of all installed distributions."""
        points = importlib.metadata.entry_points()
        return {kind: tuple(points.select(group=f"sabench.{kind}")) for kind in KINDS}

    def _offer(self, kind: str, name: str) -> Offer:
        """Return the one sound offer of a name; see `get`."""
        offers = self._named(kind, name) or [offer for offer in self.offers(kind) if offer.name == name]
        if not offers:
            known = self.names(kind)
            msg = (
                f"Unknown {_SINGULAR[kind]} {name!r}.{did_you_mean(name, known)} "
                f"Installed: {', '.join(known) or 'none'}."
            )
            raise UnknownPlugin(msg)
        if len(offers) > 1:
            places = " and ".join(sorted(offer.distribution for offer in offers))
            msg = f"The {_SINGULAR[kind]} name {name!r} is offered twice, by {places}. Uninstall one of them."
            raise PluginLoadError(msg)
        if offers[0].reason:
            msg = f"The {_SINGULAR[kind]} {name!r} of {offers[0].distribution} is broken: {offers[0].reason}"
            raise PluginLoadError(msg)
        return offers[0]

    def _named(self, kind: str, name: str) -> list[Offer]:
        offered = [offer for offer in self._extra if (offer.kind, offer.name) == (kind, name)]
        for point in self._installed[kind]:
            if point.name == name:
                offered += [offer for offer in self._load(kind, point) if offer.name == name]
        return offered

    def _load(self, kind: str, point: importlib.metadata.EntryPoint) -> list[Offer]:
        distribution = _name_of(point.dist) if point.dist else "an unnamed distribution"
        key = (kind, point.name, distribution)
        if key not in self._loaded:
            self._loaded[key] = self._guarded_load(kind, point, distribution)
        return self._loaded[key]

    def _guarded_load(self, kind: str, point: importlib.metadata.EntryPoint, distribution: str) -> list[Offer]:
        if distribution != _OWN and (reason := probing.fault_of(point)):
            return [Offer(point.name, kind, distribution, reason=reason)]
        try:
            with contextlib.redirect_stdout(sys.stderr):  # standard output is for results
                plugin = point.load()
            if not self._manager.is_registered(plugin):
                self._manager.register(plugin)
            offers = self._offers(kind, plugin, distribution, point.name)
        except BaseException as error:  # noqa: BLE001  (one plugin must not stop the host, whatever it raises)
            return [Offer(point.name, kind, distribution, reason=_reason(error, distribution))]
        if not any(offer.name == point.name for offer in offers):
            reason = f"its entry point {point.name!r} leads to hooks that offer no {point.name!r}."
            offers.append(Offer(point.name, kind, distribution, reason=reason))
        return offers

    def _offers(self, kind: str, plugin: object, distribution: str, point: str | None) -> list[Offer]:
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        hook = self._manager.subset_hook_caller(f"sabench_{kind}", others)
        offers = []
        for mapping in hook():
            if not isinstance(mapping, Mapping):
                msg = f"the hook sabench_{kind} returned {type(mapping).__name__}; expected names with their classes."
                raise ContractError(msg)
            for name, value in mapping.items():
                offers.append(Offer(name, kind, distribution, value, _fault(kind, value)))
        return offers


def component(name: str, plugin: plugins.Plugin) -> Component:
    """Return the identity of a built plugin.

    Raises:
        ContractError: a parameter that JSON does not know, so that it cannot be hashed.
    """
    from sabench.hashing import canonical, plain

    parameters = plain(plugin.parameters())
    seen = getattr(plugin, TRAINED_ON, ())
    if seen:
        parameters = {**parameters, TRAINED_ON: list(seen)}
    try:
        canonical(parameters)
    except (TypeError, ValueError) as error:
        msg = f"The parameters of {name!r} cannot be hashed: {error}. Parameters are numbers, text, lists and maps."
        raise ContractError(msg) from error
    return Component(name, version_of(plugin), parameters)


@lru_cache
def _name_of(distribution: importlib.metadata.Distribution) -> str:
    """Return the name of a distribution, whose whole metadata is read for it each time."""
    return distribution.name


def _fault(kind: str, value: object) -> str:
    if isinstance(value, type) and issubclass(value, _BASE[kind]):
        return ""
    if kind == "adapters" and isinstance(value, Alias):
        return ""
    return f"the hook sabench_{kind} returned {value!r}; expected a subclass of sabench.{_BASE[kind].__name__}."


def _reason(error: BaseException, distribution: str) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:  # whose package may be called otherwise
        return f"it needs the module {error.name!r}, which is not installed. Install what {distribution} needs."
    return " ".join(described(error).split())
