"""`sabench info` and `sabench cite`: what a method is, and what to cite for a run."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import typer

from sabench.cli import choices
from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import named_by_differences, open_results

if TYPE_CHECKING:
    from sabench.interfaces.plugins import Plugin
    from sabench.registry.methods import Parts
    from sabench.registry.registry import Registry


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("info")(info)
    app.command("cite")(cite)


def info(
    method: Annotated[
        str, typer.Argument(help="A method, or a file with one.", autocompletion=choices.names("adapters"))
    ],
    json: JsonOption = False,
) -> None:
    """Say what a method is made of: access, parameters with defaults and ranges, presets, what it stands on."""
    from sabench.cli.output import print_json, table
    from sabench.registry.methods import Choice, resolve
    from sabench.registry.registry import Registry

    registry = Registry()
    part = resolve(registry, [registry.settled("adapters", method)], Choice())[0]
    facts = _facts(registry, part)
    if json:
        print_json(facts)
        return
    about = {key: facts[key] for key in ("title", "access", "features", "normaliser", "presets", "lacking")}
    words = {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in about.items() if value}
    table(part.method.name, ("", ""), list(words.items()))
    rows = [[p["plugin"], p["name"], str(p["value"]), p["type"]] for p in facts["parameters"]]
    if rows:
        table("Parameters", ("plugin", "parameter", "value", "takes"), rows, drop=("takes",))
    typer.echo(facts["description"])
    for entry in facts["references"]:
        typer.echo(f"\n{entry}")


def cite(
    run: Annotated[
        list[str],
        typer.Argument(
            help="Methods, as in svm:emodb, or ids of runs or how they begin.", autocompletion=choices.run_names
        ),
    ],
    results: ResultsOption = None,
) -> None:
    """Print the BibTeX of methods, features, corpora and sabench for runs."""
    from sabench.leaderboard.citations import bibtex
    from sabench.registry.registry import Registry
    from sabench.verdicts.choosing import chosen

    source, records = open_results(results), []
    for name in run:
        with named_by_differences():
            records.append(chosen(source, name))
    typer.echo(bibtex(Registry(), records))


def _facts(registry: Registry, part: Parts) -> dict[str, Any]:
    from sabench.registry.libraries import missing

    return {
        "name": part.method.name,
        "title": registry.get("adapters", part.method.name).title or part.adapter.title,
        "access": str(part.method.access),
        "features": part.method.features.name,
        "normaliser": part.method.normaliser.name if part.method.normaliser else None,
        "presets": sorted(part.adapter.presets),
        "description": inspect.cleandoc(type(part.adapter).__doc__ or ""),
        "parameters": [parameter for plugin in part.plugins for parameter in _parameters(plugin)],
        "lacking": missing(part.plugins),
        "references": list(dict.fromkeys(entry for plugin in part.plugins for entry in plugin.references)),
    }


def _parameters(plugin: Plugin) -> list[dict[str, Any]]:
    values = plugin.parameters()
    return [
        {"plugin": plugin.name, "name": name, "value": values[name], "type": _words(parameter.annotation)}
        for name, parameter in plugin.signature().items()
    ]


def _words(annotation: Any) -> str:
    """Return in short words what a parameter takes.

    >>> _words(int | None), _words("Annotated[float, Field(gt=0)]")
    ('int | None', 'float, gt=0')
    >>> from typing import Literal
    >>> from pydantic import Field
    >>> _words(Annotated[int, Field(ge=1)] | Literal["all"])
    "int, ge=1 | Literal['all']"
    """
    from dataclasses import asdict, is_dataclass

    from annotated_types import BaseMetadata
    from pydantic.fields import FieldInfo

    if get_origin(annotation) is Union:
        return " | ".join(_words(choice) for choice in get_args(annotation)).replace("NoneType", "None")

    bounds = []
    for extra in getattr(annotation, "__metadata__", ()):
        parts = extra.metadata if isinstance(extra, FieldInfo) else [extra]
        known = [part for part in parts if isinstance(part, BaseMetadata) and is_dataclass(part)]
        bounds += [f"{name}={value}" for part in known for name, value in asdict(part).items()]
    bare = getattr(annotation, "__origin__", annotation) if bounds else annotation
    text = bare if isinstance(bare, str) else inspect.formatannotation(bare)
    text = text.replace("Annotated[", "").replace(", Field(", ", ").replace(")]", "").replace("typing.", "")
    return ", ".join([text, *bounds])
