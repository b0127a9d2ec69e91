"""Which unadapted method another is held against."""

from __future__ import annotations

from collections.abc import Sequence

from sabench.errors import ResultsError, did_you_mean
from sabench.interfaces.records import Access
from sabench.verdicts.entries import Entry


class Baselines:
    """The unadapted methods of one protocol.

    A method is held against the same adapter on the same features unadapted, or against the method that
    its adapter declares to build on, where that ran, and otherwise against the common baseline: the best
    of the unadapted methods that others adapt, so that a method which is new itself and needs no enrolment
    does not become the measure of the others.

    Args:
        entries: of one protocol and draw.
        wanted: name, title or run of the method that all are held against instead.

    Raises:
        ResultsError: no method of the wanted name ran there.
    """

    def __init__(self, entries: Sequence[Entry], wanted: str | None = None) -> None:
        self._wanted = _named(entries, wanted) if wanted is not None else None
        self._unadapted = [entry for entry in entries if entry.complete and _is_unadapted(entry) and not entry.damage]
        adapted = {entry.method.adapter.name for entry in entries if not _is_unadapted(entry)}
        built_on = {entry.first.adapts for entry in entries}
        shared = [e for e in self._unadapted if e.method.adapter.name in adapted or e.method.name in built_on]
        best = max(shared or self._unadapted, key=lambda entry: entry.sample.value, default=None)
        self.common = self._wanted or best

    def of(self, entry: Entry) -> Entry | None:
        """Return what an entry is held against; None where it is the baseline itself, or there is none."""
        own = [] if self._wanted else [other for other in self._unadapted if _is_unadapted_form(other, entry)]
        if own:
            return max(own, key=lambda other: _likeness(other, entry))
        return None if entry is self.common else self.common


def _named(entries: Sequence[Entry], wanted: str) -> Entry:
    matching = [e for e in entries if wanted in (e.title, e.method.name, *(run.run_id for run in e.runs))]
    if matching:
        return matching[0]
    titles = [entry.title for entry in entries]
    place = f"{entries[0].place} ({entries[0].first.protocol})" if entries else "this protocol"
    msg = (
        f"No method {wanted!r} ran on {place}.{did_you_mean(wanted, titles)} There are: {', '.join(titles) or 'none'}."
    )
    raise ResultsError(msg)


def _is_unadapted(entry: Entry) -> bool:
    return entry.method.access == Access() and entry.method.normaliser is None


def _is_unadapted_form(bare: Entry, entry: Entry) -> bool:
    if bare.method.features != entry.method.features:
        return False
    same_adapter = bare.method.adapter.name == entry.method.adapter.name and not _is_unadapted(entry)
    return same_adapter or bare.method.name == entry.first.adapts


def _likeness(bare: Entry, entry: Entry) -> int:
    """Return how many parameters have the same value."""
    there = entry.method.adapter.parameters
    return sum(there.get(name) == value for name, value in bare.method.adapter.parameters.items())
