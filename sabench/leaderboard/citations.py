"""What to cite for runs: their plugins' own references, their corpora, and sabench."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sabench._version import __version__
from sabench.errors import SabenchError
from sabench.registry.registry import Registry
from sabench.results.runs import RunRecord

_SABENCH = """\
@software{sabench,
  author = {{The sabench developers}},
  title = {sabench: a benchmarking harness for speaker adaptation in speech emotion recognition},
  version = {%s}
}"""


@dataclass(frozen=True)
class Citations:
    """What to cite, as a page lists it.

    Attributes:
        entries: BibTeX, each entry once; that of sabench comes last.
        of: places of a run's entries in this list, counted from 1, by its id.
    """

    entries: tuple[str, ...] = ()
    of: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def citations(registry: Registry, runs: Iterable[RunRecord]) -> Citations:
    """Return the references of runs; of a plugin that is not installed here, or broken, none are known."""
    entries: dict[str, int] = {}
    of = {}
    for run in runs:
        own = (entry for part in _PARTS for entry in _known(part, registry, run))
        of[run.run_id] = tuple(sorted({entries.setdefault(entry, len(entries) + 1) for entry in own}))
    return Citations((*entries, _SABENCH % __version__) if entries else (), of)


def _known(part: _Part, registry: Registry, run: RunRecord) -> list[str]:
    try:
        return part(registry, run)
    except SabenchError:  # a bundle of others names plugins that are not installed here
        return []


def bibtex(registry: Registry, runs: Iterable[RunRecord]) -> str:
    """Return the BibTeX of methods, features, corpora and sabench for runs, each entry once.

    Raises:
        PluginLoadError, UnknownPlugin: a plugin of a run is not there, or broken.
    """
    entries = {_SABENCH % __version__: None}
    for run in runs:
        entries |= dict.fromkeys(entry for part in _PARTS for entry in part(registry, run))
    return "\n\n".join(entries)


def _adapter(registry: Registry, run: RunRecord) -> list[str]:
    return list(registry.get("adapters", run.method.adapter.name).references)


def _normaliser(registry: Registry, run: RunRecord) -> list[str]:
    part = run.method.normaliser
    return list(registry.get("normalisers", part.name).references) if part else []


def _features(registry: Registry, run: RunRecord) -> list[str]:
    return list(registry.get("features", run.method.features.name).references)


def _corpus(registry: Registry, run: RunRecord) -> list[str]:
    dataset = registry.get("datasets", run.dataset)
    note = " The speech is a simulated twin of it." if run.simulated else ""
    return [
        f"@misc{{{run.dataset}{'-twin' * run.simulated},\n  title = {{{dataset.title}}},\n"
        f"  note = {{{dataset.citation}{note}}},\n  howpublished = {{{dataset.url}}}\n}}"
    ]


_Part = Callable[[Registry, RunRecord], list[str]]
_PARTS: tuple[_Part, ...] = (_adapter, _normaliser, _features, _corpus)
