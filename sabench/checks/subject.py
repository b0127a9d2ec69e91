"""What a check looks at: a plugin, and where its corpus is if it reads one."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sabench.errors import ContractError
from sabench.interfaces import plugins
from sabench.interfaces.plugins import Plugin

Root = Path | Callable[[Path], Path]
"""Where a corpus is, or a function that writes one into a folder and returns its root."""

_BASES = {
    "datasets": plugins.Dataset,
    "features": plugins.FeatureExtractor,
    "normalisers": plugins.Normaliser,
    "adapters": plugins.Adapter,
}


def kind_of(plugin: object) -> str:
    """Return the kind of a plugin, one of `sabench.registry.registry.KINDS`.

    Raises:
        ContractError: it is none.
    """
    for kind, base in _BASES.items():
        if isinstance(plugin, base):
            return kind
    expected = ", ".join(f"sabench.{base.__name__}" for base in _BASES.values())
    msg = f"{plugin!r} is no plugin; expected an instance of a subclass of {expected}."
    raise ContractError(msg)


@dataclass
class Subject:
    """A plugin under check.

    Attributes:
        plugin: with the parameters it is checked under; it is never fitted, checks build their own.
        root: of its corpus, for datasets.
        registered: the name it was found by; None where it was handed over as an object.
        kind: one of `sabench.registry.registry.KINDS`.
        kept: what checks share, so that it is computed once.

    Raises:
        ContractError: it is no plugin.
    """

    plugin: Plugin
    root: Root | None = None
    registered: str | None = None
    kind: str = field(init=False)
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _written: Path | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.kind = kind_of(self.plugin)

    @property
    def cls(self) -> type[Plugin]:
        """Its class."""
        return type(self.plugin)

    @property
    def title(self) -> str:
        """How messages call it."""
        return self.cls.__name__

    def fresh(self, **changes: Any) -> Any:
        """Return another plugin with the same parameters, unfitted."""
        return self.cls(**{**self.plugin.parameters(), **changes})

    def corpus_root(self) -> Path | None:
        """Return where the corpus is, writing it first where a function does; None where there is none."""
        if self.root is None or isinstance(self.root, Path):
            return self.root
        if self._written is None:
            folder = tempfile.TemporaryDirectory(prefix="sabench-check-")
            weakref.finalize(self, folder.cleanup)
            self._written = Path(self.root(Path(folder.name)))
        return self._written
