"""Which parameter of a method says how many enrolment utterances it takes. Found by what it does, not by who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sabench.errors import ParameterError
from sabench.interfaces.records import Access
from sabench.registry.methods import Choice, Parts, resolve
from sabench.registry.registry import Registry

KINDS: Final = ("neutral", "unlabelled", "labelled")
"""Parameters of these names carry k where they move the access of their plugin by as much."""


@dataclass(frozen=True)
class Carrier:
    """How k is set.

    Attributes:
        method: as it was asked for.
        owner: name of the plugin whose parameter it is.
        kind: name of the parameter, and what is enrolled: `neutral`, `unlabelled` or `labelled`.
        none: parameters that make it take none.
        impossible: why it cannot take none; empty where it can.
        bare: the method without that plugin, where it is a normaliser; otherwise empty.
    """

    method: str
    owner: str
    kind: str
    none: Mapping[str, Any]
    impossible: str
    bare: str

    def settings(self, k: int) -> dict[str, Any]:
        """Return what to set for k utterances."""
        values = {self.kind: k} if k else self.none
        return {f"{self.owner}.{name}": value for name, value in values.items()}


def carrier_of(registry: Registry, name: str, choice: Choice) -> Carrier | None:
    """Return how k is set in a method, or None where no parameter carries it.

    The normaliser comes first: an adapter behind it sees what it makes. Of two parameters that could
    carry k the one counts that the method uses.

    Raises:
        SabenchError: the method cannot be built.
    """
    parts = resolve(registry, [name], choice)[0]
    stages = [("adapters", parts.method.adapter, "")]
    if parts.method.normaliser:
        stages.insert(0, ("normalisers", parts.method.normaliser, parts.method.adapter.name))
    for registered, component, bare in stages:
        probe = _Probe(registry, registered, component.name, component.parameters)
        moving = [kind for kind in KINDS if probe.moves(kind)]
        for kind in sorted(moving, key=lambda kind: not getattr(_own(parts, registered), kind)):
            none, impossible = probe.none(kind)
            return Carrier(name, component.name, kind, none, impossible, bare)
    return None


def _own(parts: Parts, registered: str) -> Access:
    plugin = parts.normaliser if registered == "normalisers" else parts.adapter
    return plugin.access if plugin else Access()


@dataclass(frozen=True)
class _Probe:
    """Builds one plugin with other parameters, to see what that does to its access."""

    registry: Registry
    registered: str
    name: str
    parameters: Mapping[str, Any]

    def access(self, **changes: Any) -> Access:
        plugin = self.registry.create(self.registered, self.name, {**self.parameters, **changes})
        access: Access = plugin.access
        return access

    def moves(self, kind: str) -> bool:
        if kind not in self.parameters:
            return False
        try:
            return all(self.access(**{kind: k}) == Access(**{kind: k}) for k in (1, 2))
        except ParameterError:
            return False

    def none(self, kind: str) -> tuple[dict[str, Any], str]:
        """Return the parameters that take nothing, or why there are none."""
        every = {other: 0 for other in KINDS if other in self.parameters}
        reason = ""
        for values in ({kind: 0}, every):
            try:
                if self.access(**values) == Access():
                    return values, ""
            except ParameterError as error:
                reason = str(error)
        return {}, reason or f"{self.name} with {kind}=0 still needs {self.access(**{kind: 0})}"
