"""The four hooks. Each returns names and classes; an adapter's name may also stand for an alias.

pluggy takes names and parameters of a specification and never calls its body, so that each body only says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sabench.interfaces.plugins import Adapter, Dataset, FeatureExtractor, Normaliser
    from sabench.interfaces.records import Alias

hookspec = pluggy.HookspecMarker("sabench")
hookimpl = pluggy.HookimplMarker("sabench")


@hookspec
def sabench_datasets() -> Mapping[str, type[Dataset]]:
    """Return datasets by name."""
    raise NotImplementedError


@hookspec
def sabench_features() -> Mapping[str, type[FeatureExtractor]]:
    """Return feature extractors by name."""
    raise NotImplementedError


@hookspec
def sabench_normalisers() -> Mapping[str, type[Normaliser]]:
    """Return speaker normalisers by name."""
    raise NotImplementedError


@hookspec
def sabench_adapters() -> Mapping[str, type[Adapter] | Alias]:
    """Return adapters, or aliases of them, by name."""
    raise NotImplementedError
