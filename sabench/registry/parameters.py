"""Constructor parameters: a pydantic model made from the signature validates what users set."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from sabench.errors import ContractError, ParameterError, did_you_mean
from sabench.interfaces.plugins import Plugin


def parse(text: str) -> Any:
    """Read a value typed by a user: JSON where it is JSON, otherwise the text itself.

    >>> parse("0.1"), parse("true"), parse("[1, 2]"), parse("rbf"), parse("none")
    (0.1, True, [1, 2], 'rbf', None)
    """
    if text.lower() in ("none", "null"):
        return None
    lowered = text.lower() if text.lower() in ("true", "false") else text
    try:
        return json.loads(lowered, parse_constant=_no_number)
    except RecursionError as error:
        msg = f"A value that begins {text[:20]!r} nests too deeply; parameters are numbers, text, and lists of these."
        raise ParameterError(msg) from error
    except ValueError:
        return text


def _no_number(text: str) -> Any:
    msg = f"{text} is no JSON, and could not be hashed"
    raise ValueError(msg)


def resolve(cls: type[Plugin], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every constructor parameter of a plugin, defaults included, after validation.

    Raises:
        ParameterError: a parameter that it does not have, or a value that it does not take; all at once.
        ContractError: its constructor cannot be described.
    """
    model = _model(cls)
    known = list(model.model_fields)
    unknown = [key for key in given if key not in known]
    if unknown:
        hints = "".join(did_you_mean(key, known) for key in unknown)
        has = ", ".join(known) or "no parameters"
        msg = f"{name} has no parameter {', '.join(map(repr, unknown))}.{hints} It has: {has}."
        raise ParameterError(msg)
    try:
        values = model(**given)
    except ValidationError as error:
        msg = f"{name}: {'; '.join(_sentence(fault) for fault in error.errors())}."
        raise ParameterError(msg) from error
    return {key: getattr(values, key) for key in known}


@lru_cache
def _model(cls: type[Plugin]) -> type[BaseModel]:
    hints = _hints(cls)
    fields: dict[str, Any] = {}
    for name, parameter in cls.signature().items():
        if name not in hints:
            msg = f"{cls.__name__}.__init__ does not annotate {name!r}; constructor parameters are annotated keywords."
            raise ContractError(msg)
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (hints[name], default)
    # Defaults are validated too, so that a parameter left alone and one set to its default have one hash.
    config = ConfigDict(
        arbitrary_types_allowed=True, protected_namespaces=(), validate_default=True, allow_inf_nan=False
    )
    return create_model(cls.__name__, __config__=config, **fields)


def _hints(cls: type[Plugin]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls.__init__, include_extras=True)
    except Exception as error:  # an annotation is a plugin's code and may raise anything
        msg = f"The annotations of {cls.__name__}.__init__ cannot be read: {error}. Import them at run time."
        raise ContractError(msg) from error


def _sentence(fault: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place} is {fault.get('input')!r}; {fault['msg'][0].lower()}{fault['msg'][1:]}"
