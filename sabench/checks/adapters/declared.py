"""What an adapter says of itself must be so."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from sabench.checks.adapters.trial import TARGET, fit, fitted, fitted_anew, kind_of, predicted, refuse_difference
from sabench.checks.check import NotApplicable, check, refuse
from sabench.checks.speech import CLASSES, speech
from sabench.checks.subject import Subject
from sabench.errors import ParameterError
from sabench.interfaces.plugins import Adapter
from sabench.interfaces.records import Access, Cost
from sabench.registry.parameters import resolve

KINDS_OF_FEATURES: Final = ("functionals", "sequences")


@check("adapters", crash="makes declarations that cannot be read", formal=True)
def declarations_are_sound(subject: Subject) -> None:
    """The plan is made from declarations alone, before anything runs: access, features, presets, grid."""
    adapter: Any = subject.plugin
    faults = []
    if not isinstance(adapter.access, Access):
        faults.append(f"has the access {adapter.access!r}; expected a sabench.Access")
    if not adapter.accepts or set(adapter.accepts) - set(KINDS_OF_FEATURES):
        faults.append(f"accepts {adapter.accepts!r}; expected one or both of {', '.join(KINDS_OF_FEATURES)}")
    if not isinstance(adapter.features, str) or not adapter.features:
        faults.append(f"has the default features {adapter.features!r}; expected the name of an extractor")
    faults += [f"offers the preset {name!r}, but {fault}" for name, fault in _wrong_presets(subject)]
    faults += [
        f"has features for the preset {name!r}, which it does not offer"
        for name in adapter.preset_features
        if name not in adapter.presets
    ]
    faults += [f"searches over {name}, but {fault}" for name, fault in _wrong_grid(subject)]
    known = subject.cls.signature()
    faults += [
        f"names the evaluation parameter {name!r} that its constructor lacks"
        for name in adapter.evaluation_parameters
        if name not in known
    ]
    refuse(subject, faults)


def _wrong_presets(subject: Subject) -> list[tuple[str, str]]:
    presets = subject.plugin.presets.items()  # type: ignore[attr-defined]  # an adapter
    return [(name, fault) for name, values in presets if (fault := _refusal(subject, values))]


def _wrong_grid(subject: Subject) -> list[tuple[str, str]]:
    grid = subject.plugin.search_grid.items()  # type: ignore[attr-defined]  # an adapter
    return [(name, fault) for name, values in grid for value in values if (fault := _refusal(subject, {name: value}))]


def _refusal(subject: Subject, values: Any) -> str:
    try:
        resolve(subject.cls, "it", {**subject.plugin.parameters(), **values})
    except ParameterError as error:
        return str(error).rstrip(".")
    return ""


@check("adapters", crash="cannot estimate its cost or count its parameters")
def cost_and_size_are_numbers(subject: Subject) -> None:
    """Users see both before and after a run that may take hours."""
    kind = kind_of(subject)
    train = speech(kind)
    adapter: Adapter = subject.fresh()
    cost = adapter.cost(train.features.lengths, train.features.width, len(CLASSES), device="cpu", threads=1)
    if not isinstance(cost, Cost) or not (math.isfinite(cost.seconds) and cost.seconds >= 0):
        refuse(subject, [f"estimates the cost {cost!r}; expected a sabench.Cost of zero seconds or more"])
    size = fitted_anew(subject, train, adapter=adapter).n_parameters()
    if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0):
        refuse(subject, [f"counts {size!r} parameters; expected a whole number, or None"])


def _one_kind(subject: Subject) -> str:
    kinds = subject.plugin.accepts  # type: ignore[attr-defined]  # an adapter
    return "" if len(kinds) > 1 else f"it accepts {kinds[0]} alone, which all other checks use"


@check("adapters", crash="cannot be fitted on one of the kinds of features that it accepts", lacks=_one_kind)
def every_accepted_kind_is_taken(subject: Subject) -> None:
    """A plan may pair a method with any features of a kind that it accepts."""
    for kind in subject.plugin.accepts:  # type: ignore[attr-defined]  # an adapter
        adapter = subject.fresh()
        fit(adapter, speech(kind))
        predicted(subject, adapter, speech(kind, [TARGET]))


@check("adapters", crash="cannot be fitted without validation speakers")
def no_validation_speaker_is_needed(subject: Subject) -> None:
    """Some protocols hold none out, and methods that do not declare `uses_validation` are never given one."""
    adapter = subject.fresh()
    fit(adapter, speech(kind_of(subject)), [])
    predicted(subject, adapter, speech(kind_of(subject), [TARGET]))


@check("adapters", crash="cannot be fitted twice")
def fitting_leaves_parameters_alone(subject: Subject) -> None:
    """Parameters say what was asked for, in every table and hash; what `fit` finds is kept beside, ending in `_`."""
    adapter: Adapter = subject.fresh()
    before, attributes = dict(adapter.parameters()), set(vars(adapter))
    predicted(subject, fitted_anew(subject, adapter=adapter), speech(kind_of(subject), [TARGET]))
    changed = [name for name, value in adapter.parameters().items() if value is not before[name]]
    named = [name for name in vars(adapter).keys() - attributes if not (name.endswith("_") or name.startswith("_"))]
    refuse(
        subject,
        [f"changes its parameter {n} while it is fitted; keep what is found in {n}_" for n in changed]
        + [f"keeps fitted state in {n!r}; such names end in an underscore: {n}_" for n in sorted(named)],
    )


@check("adapters", crash="cannot be fitted with another value of an evaluation parameter")
def evaluation_parameters_do_not_change_the_fit(subject: Subject) -> None:
    """A trained model is used again under other values of these, without being trained anew."""
    own = speech(kind_of(subject), [TARGET])
    adapter = fitted(subject)
    others = {name: _another(getattr(adapter, name)) for name in adapter.evaluation_parameters}
    others = {name: value for name, value in others.items() if value is not None}
    if not others:
        raise NotApplicable("it declares no evaluation parameter that is a number or a switch")
    for name, value in others.items():
        expected = predicted(subject, fitted_anew(subject, adapter=subject.fresh(**{name: value})), own)
        changed = fitted(subject)
        setattr(changed, name, value)
        sentence = f"predicts otherwise when {name} is changed after the fit rather than before"
        refuse_difference(subject, predicted(subject, changed, own), expected, sentence)


def _another(value: Any) -> Any:
    """Return another value near this one; None where it is neither number nor switch."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, (int, float)) else None


CHECKS = (
    declarations_are_sound,
    cost_and_size_are_numbers,
    every_accepted_kind_is_taken,
    no_validation_speaker_is_needed,
    fitting_leaves_parameters_alone,
    evaluation_parameters_do_not_change_the_fit,
)
