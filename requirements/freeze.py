"""Writes constraints.txt: the versions of sabench's packages in this environment, which is what the tests ran with.

Run it as `.venv/bin/python requirements/freeze.py`, after `make test`.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

FILE = Path(__file__).with_name("constraints.txt")
OF_CUDA = re.compile(r"nvidia|cuda|triton")


def main() -> None:
    """Write the file."""
    versions = sorted((name, importlib.metadata.version(name)) for name in needed("sabench", frozenset({"dev"}), {}))
    pins = [f"{name}=={version.partition('+')[0]}" for name, version in versions if name != "sabench"]
    FILE.write_text("\n".join((*header(), *pins)) + "\n", encoding="utf-8")
    print(f"Wrote {FILE.name}: {len(pins)} packages.")


def header() -> list[str]:
    """Return what stands above the versions."""
    python = platform.python_version()
    return [
        f"# What the tests of sabench ran with, on Python {python}. Written by requirements/freeze.py.",
        "# pip install --constraint requirements/constraints.txt sabench",
    ]


def needed(name: str, extras: frozenset[str], seen: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the installed packages behind one, with their extras; those that torch brings for a GPU are left out."""
    name = re.sub(r"[-_.]+", "-", name).lower()
    if extras <= seen.get(name, frozenset()) and name in seen:
        return seen
    seen[name] = seen.get(name, frozenset()) | extras
    for requirement in requirements_of(name, seen[name]):
        needed(requirement.name, frozenset(requirement.extras), seen)
    return seen


def requirements_of(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Yield what a package needs here, for some of its extras."""
    for text in importlib.metadata.requires(name) or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        if not OF_CUDA.match(requirement.name) and is_installed(requirement.name):
            yield requirement


def is_installed(name: str) -> bool:
    """Return whether a package is here; a marker may ask for what this machine has no use for."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
