"""What the installed plugins say of a bundle's method: its price, its name, and which parameters change no fit."""

from __future__ import annotations

from typing import Any

from sabench.bundle.content import RUN, Content
from sabench.errors import BundleError, ParameterError, SabenchError
from sabench.interfaces.records import Access, Alias
from sabench.registry.registry import Registry


def refuse_other(content: Content, registry: Registry) -> str:
    """Raise where the method is not what the plugins make of its parameters; returns what could not be checked.

    Keys tell parameters, not what they mean: that a method asks for as much of the target speaker as it
    says is known to its plugins alone.

    Raises:
        BundleError: its access, its name or its parameters are not those of the plugins.
    """
    method = content.record.method
    try:
        adapter = registry.rebuild("adapters", method.adapter)
        normaliser = registry.rebuild("normalisers", method.normaliser) if method.normaliser else None
        offer = registry.get("adapters", method.name)
    except ParameterError as error:
        msg = f"{RUN}: the method cannot be what it says: {error}"
        raise BundleError(msg) from error
    except SabenchError as error:
        return f"Access and name of the method are taken as stated: {error}"
    access: Access = adapter.access | normaliser.access if normaliser else adapter.access
    if access != method.access:
        msg = f"{RUN}: the method is said to need {method.access}; with its parameters it needs {access}."
        raise BundleError(msg)
    if tuple(adapter.evaluation_parameters) != content.evaluation_parameters:
        there = ", ".join(content.evaluation_parameters) or "none"
        msg = f"{RUN}: {there} are said to be the parameters that change no fit of {method.adapter.name}; they are not."
        raise BundleError(msg)
    if adapter.stochastic != content.record.stochastic:
        word = "stochastic" if content.record.stochastic else "not stochastic"
        msg = (
            f"{RUN}: the run is marked {word}, which {method.adapter.name} is not, so that its seeds would count wrong."
        )
        raise BundleError(msg)
    builds_on = sorted({adapter.unadapted(kind) for kind in adapter.accepts} - {""})
    if content.record.adapts and content.record.adapts not in builds_on:
        what = f"builds on {' or '.join(builds_on)}" if builds_on else "is a method of its own"
        msg = f"{RUN}: the run is to be held against {content.record.adapts}; {method.adapter.name} {what}."
        raise BundleError(msg)
    _refuse_other_name(content, offer)
    return ""


def _refuse_other_name(content: Content, offer: Any) -> None:
    method = content.record.method
    alias = offer if isinstance(offer, Alias) else Alias(method.name)
    behind = method.normaliser.name if method.normaliser else None
    if alias.adapter != method.adapter.name or alias.normaliser not in (None, behind):
        parts = f"{method.adapter.name} behind {behind}" if behind else method.adapter.name
        wanted = f"{alias.adapter} behind {alias.normaliser}" if alias.normaliser else alias.adapter
        msg = f"{RUN}: {method.name!r} stands for {wanted}; the run is one of {parts}."
        raise BundleError(msg)
