"""From the name of a method to its parts: aliases and presets expanded, parameters resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sabench.errors import ParameterError, PlanError, did_you_mean
from sabench.interfaces.plugins import Adapter, FeatureExtractor, Normaliser, Plugin
from sabench.interfaces.records import Alias, Method
from sabench.registry.registry import Registry, component


@dataclass(frozen=True)
class Parts:
    """A method and the unfitted plugins that it is made of."""

    method: Method
    adapter: Adapter
    normaliser: Normaliser | None
    extractor: FeatureExtractor

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The adapter, the normaliser where there is one, and the extractor."""
        return (self.adapter, *([self.normaliser] if self.normaliser else []), self.extractor)


@dataclass(frozen=True)
class Choice:
    """What a user says of methods; the same for all adapters of a plan.

    Attributes:
        features: an extractor instead of each adapter's default.
        normaliser: a normaliser in front of every adapter that has none of its own.
        preset: a named set of parameters.
        settings: `owner.parameter` to value; the owner is a plugin's name, or `adapter`,
            `normaliser` or `features` for all chosen ones that have the parameter.
    """

    features: str | None = None
    normaliser: str | None = None
    preset: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def resolve(registry: Registry, names: Iterable[str], choice: Choice) -> list[Parts]:
    """Return the parts of every named method.

    Raises:
        UnknownPlugin, PluginLoadError: a name that nothing usable stands behind.
        ParameterError: a setting that no chosen plugin has, or a value that one does not take.
        PlanError: a preset that no chosen adapter has, or features that an adapter does not accept.
    """
    settings = _Settings(choice.settings)
    parts = [_parts(registry, name, choice, settings) for name in names]
    settings.refuse_unused()
    has_preset = [part for part in parts if choice.preset in part.adapter.presets]
    if choice.preset and not has_preset:
        known = sorted({preset for part in parts for preset in part.adapter.presets})
        msg = f"No chosen adapter has a preset {choice.preset!r}. They have: {', '.join(known) or 'none'}."
        raise PlanError(msg)
    return parts


def _parts(registry: Registry, name: str, choice: Choice, settings: _Settings) -> Parts:
    offer = registry.get("adapters", name)
    alias = offer if isinstance(offer, Alias) else Alias(name)
    cls = registry.get("adapters", alias.adapter)
    if isinstance(cls, Alias):
        msg = f"The alias {name!r} stands for another alias, {alias.adapter!r}; an alias names an adapter."
        raise PlanError(msg)
    preset = dict(cls.presets.get(choice.preset, {})) if choice.preset else {}
    chosen = settings.of(("adapter", alias.adapter, name), cls)
    adapter = registry.create("adapters", alias.adapter, {**preset, **alias.parameters, **chosen})
    normaliser_name = alias.normaliser or choice.normaliser
    normaliser, normaliser_set = _build(registry, "normalisers", normaliser_name, alias, settings)
    default_features = cls.preset_features.get(choice.preset or "", cls.features)
    features_name = choice.features or default_features
    extractor, features_set = _build(registry, "features", features_name, None, settings)
    if extractor.kind not in cls.accepts:
        msg = (
            f"{name} takes {' or '.join(cls.accepts)}; {features_name} gives {extractor.kind}. "
            f"Its default is --features {default_features}."
        )
        raise PlanError(msg)
    variant = {**({"preset": choice.preset} if preset else {}), **chosen, **normaliser_set, **features_set}
    if choice.normaliser and not alias.normaliser:
        variant = {"normaliser": choice.normaliser, **variant}
    if choice.features and choice.features != default_features:
        variant = {"features": choice.features, **variant}
    method = Method(
        name=name,
        adapter=component(alias.adapter, adapter),
        normaliser=component(normaliser_name, normaliser) if normaliser and normaliser_name else None,
        features=component(features_name, extractor),
        access=adapter.access | normaliser.access if normaliser else adapter.access,
        variant=", ".join(f"{key}={value}" for key, value in variant.items()),
    )
    return Parts(method, adapter, normaliser, extractor)


def _build(
    registry: Registry, kind: str, name: str | None, alias: Alias | None, settings: _Settings
) -> tuple[Any, dict[str, Any]]:
    """Return a normaliser or extractor and what the user set of it."""
    if name is None:
        return None, {}
    cls = registry.get(kind, name)
    owner = {"normalisers": "normaliser", "features": "features"}[kind]
    chosen = settings.of((owner, name), cls)
    given = dict(alias.normaliser_parameters) if alias and alias.normaliser == name else {}
    return registry.create(kind, name, {**given, **chosen}), chosen


class _Settings:
    """Hands every setting to the plugins that it is meant for, and knows which nobody took."""

    SHARED_OWNERS = ("adapter", "normaliser", "features")

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._values: dict[tuple[str, str], Any] = {}
        for key, value in settings.items():
            owner, _, parameter = key.rpartition(".")
            if not owner:
                msg = f"Setting {key!r} names no plugin; write svm.{key}=... for one, adapter.{key}=... for all."
                raise ParameterError(msg)
            self._values[owner, parameter] = value
        self._used: set[tuple[str, str]] = set()
        self._seen: set[str] = set()

    def of(self, owners: Iterable[str], cls: type) -> dict[str, Any]:
        known = cls.signature()  # type: ignore[attr-defined]  # every plugin class has it
        chosen = {}
        for owner in owners:
            self._seen.add(owner)
            for (name, parameter), value in self._values.items():
                if name == owner and (parameter in known or owner not in self.SHARED_OWNERS):
                    chosen[parameter] = value
                    self._used.add((name, parameter))
        return chosen

    def refuse_unused(self) -> None:
        unused = [key for key in self._values if key not in self._used]
        if not unused:
            return
        owner, parameter = unused[0]
        if owner in self.SHARED_OWNERS:
            msg = f"No chosen {owner} has a parameter {parameter!r}."
        else:
            hint = did_you_mean(owner, self._seen)
            msg = f"Setting {owner}.{parameter} is for {owner!r}, which is not part of this plan.{hint}"
        raise ParameterError(msg)
