"""Writes a distribution with one plugin from the templates beside this file."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sabench.errors import PlanError, did_you_mean
from sabench.machine.files import make_folder
from sabench.registry.registry import Registry

KINDS: Final[Mapping[str, str]] = {
    "adapter": "adapters",
    "dataset": "datasets",
    "features": "features",
    "normaliser": "normalisers",
}
"""What a plugin can be, and the group of entry points it belongs to."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 40


def write(name: str, kind: str, folder: Path, registry: Registry) -> Path:
    """Write the distribution `sabench-<name>` into a folder and return where it is.

    Args:
        name: of the plugin, as users will type it.
        kind: one of `KINDS`.
        folder: in which the distribution gets a folder of its own.
        registry: tells which names are taken.

    Raises:
        PlanError: a name or kind that cannot be, a name that is taken, or a folder that is there already.
    """
    _refuse(name, kind, registry)
    place = folder / f"sabench-{name}"
    if place.exists():
        msg = f"{place} is there already and is left alone. Name another folder with --output, or remove it."
        raise PlanError(msg)
    texts = rendered(name, kind)

    def fill(beside: Path) -> None:
        for path, text in texts.items():
            (beside / path).parent.mkdir(parents=True, exist_ok=True)
            (beside / path).write_text(text, encoding="utf-8")

    try:
        make_folder(place, fill)
    except OSError as error:
        msg = f"{place} cannot be written: {error.strerror or error}. Name a folder that can, with --output."
        raise PlanError(msg) from error
    return place


def rendered(name: str, kind: str) -> dict[str, str]:
    """Return the text of every file by its path in the distribution."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from sabench._version import __version__

    environment = Environment(
        loader=PackageLoader("sabench.scaffold"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # it writes Python, TOML and Markdown, not HTML
    )
    values = {
        "name": name,
        "kind": kind,
        "group": KINDS[kind],
        "module": module_of(name),
        "cls": class_of(name, kind),
        "version": __version__,
    }
    files = {
        "pyproject.toml": "pyproject.toml.j2",
        "README.md": "README.md.j2",
        f"src/{module_of(name)}.py": f"{kind}.py.j2",
        f"tests/test_{module_of(name)}.py": "test.py.j2",
        ".github/workflows/tests.yml": "workflow.yml.j2",
    }
    return {path: environment.get_template(template).render(values) for path, template in files.items()}


def module_of(name: str) -> str:
    """Return the module of a plugin.

    >>> module_of("my-method")
    'sabench_my_method'
    """
    return f"sabench_{name.replace('-', '_')}"


def class_of(name: str, kind: str) -> str:
    """Return the class of a plugin: with its kind, `none` is no keyword and `corpus` hides nothing that is imported.

    >>> class_of("my-method2", "adapter")
    'MyMethod2Adapter'
    """
    return "".join(part.capitalize() for part in (*name.split("-"), kind))


def _refuse(name: str, kind: str, registry: Registry) -> None:
    if kind not in KINDS:
        msg = f"There is no kind of plugin {kind!r}.{did_you_mean(kind, KINDS)} There are: {', '.join(KINDS)}."
        raise PlanError(msg)
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        msg = (
            f"The name {name!r} cannot be a plugin's; expected lower-case letters, digits and single hyphens, a letter "
            f"first, {_LONGEST} characters at most, such as my-method."
        )
        raise PlanError(msg)
    if name in registry.names(KINDS[kind]):
        msg = f"There is a plugin {name!r} of kind {kind} already; two of one name cannot be used. Take another name."
        raise PlanError(msg)
    if importlib.util.find_spec(module_of(name)):
        msg = f"There is a module {module_of(name)} installed already, which would be hidden. Take another name."
        raise PlanError(msg)
