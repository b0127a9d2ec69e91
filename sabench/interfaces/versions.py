"""A plugin's version, which of code that is still being written holds a mark of its source: no old number is served."""

from __future__ import annotations

import hashlib
import inspect
import sys
from pathlib import Path
from typing import Final

_OURS: Final = ("sabench", "sabench_plugins")
"""Their versions are raised by hand where numbers change."""
_RELEASED: Final = ("site-packages", "dist-packages")
_MOST_FILES: Final = 500
"""Of a package that is looked at, so that a method beside a large project does not slow every command down."""


def version_of(plugin: object) -> str:
    """Return a plugin's version, with a mark of its source where that is no installed release.

    A file in a folder of packages was installed and has a version that its author raises. A file elsewhere (an
    editable installation, a method out of a file) or a cell of a notebook is still being written: there the mark is a
    hash of its module, or of all modules of its package.

    Args:
        plugin: a plugin, or its class.
    """
    cls = plugin if isinstance(plugin, type) else type(plugin)
    mark = _mark(cls)
    version = str(plugin.version)  # type: ignore[attr-defined]  # of a plugin, which may have one of its own
    return f"{version}+source.{mark}" if mark else version


def _mark(cls: type) -> str:
    name = cls.__module__
    if name.partition(".")[0] in _OURS:
        return ""
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or name == "__main__":
        return _hash([_text_of(cls)])
    path = Path(file).absolute()
    if any(part in _RELEASED for part in path.parts):
        return ""
    return _hash(_modules(path))


def _modules(path: Path) -> list[bytes]:
    """Return the source of a module, or of every module of the package that it is part of, in a fixed order."""
    folder = path.parent
    if not (folder / "__init__.py").exists():
        return [_read(path)]
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    files = sorted(folder.rglob("*.py"))[:_MOST_FILES]
    return [part for file in files for part in (str(file.relative_to(folder)).encode(), _read(file))]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it was moved since it was imported
        return b""


def _text_of(cls: type) -> bytes:
    try:
        return inspect.getsource(cls).encode()
    except (OSError, TypeError):  # typed at a prompt
        return b""


def _hash(parts: list[bytes]) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big") + part)
    return sha.hexdigest()[:8] if any(parts) else ""
