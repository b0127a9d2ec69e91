"""What to cite for runs: their plugins' own references, their corpora, and sabench."""

from __future__ import annotations

from collections.abc import Iterable

from sabench._version import __version__
from sabench.registry.registry import Registry
from sabench.results.runs import RunRecord

_SABENCH = """\
@software{sabench,
  author = {{The sabench developers}},
  title = {sabench: a benchmarking harness for speaker adaptation in speech emotion recognition},
  version = {%s}
}"""


def bibtex(registry: Registry, runs: Iterable[RunRecord]) -> str:
    """Return the BibTeX of methods, features, corpora and sabench for runs, each entry once.

    Raises:
        PluginLoadError, UnknownPlugin: a plugin of a run is not there, or broken.
    """
    entries = {_SABENCH % __version__: None}
    for run in runs:
        entries |= dict.fromkeys(_entries(registry, run))
    return "\n\n".join(entries)


def _entries(registry: Registry, run: RunRecord) -> list[str]:
    parts = (
        ("adapters", run.method.adapter),
        ("normalisers", run.method.normaliser),
        ("features", run.method.features),
    )
    own = [entry for kind, part in parts if part for entry in registry.get(kind, part.name).references]
    return [*own, _corpus(registry, run)]


def _corpus(registry: Registry, run: RunRecord) -> str:
    dataset = registry.get("datasets", run.dataset)
    note = " The speech is a simulated twin of it." if run.simulated else ""
    return (
        f"@misc{{{run.dataset}{'-twin' * run.simulated},\n  title = {{{dataset.title}}},\n"
        f"  note = {{{dataset.citation}{note}}},\n  howpublished = {{{dataset.url}}}\n}}"
    )
