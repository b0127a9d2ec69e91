"""From finished runs to a leaderboard. Every score is made anew from predictions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sabench._version import __version__
from sabench.errors import SabenchError
from sabench.interfaces.records import Reported
from sabench.leaderboard.across import across
from sabench.leaderboard.board import Board, LiteratureRow, Natural, RankedTable, Row, natural, price_order
from sabench.leaderboard.rows import differences, row_of
from sabench.leaderboard.short_names import shared
from sabench.results.sources import Merged, RunSource
from sabench.stats import permutation, ranking
from sabench.verdicts.baselines import Baselines
from sabench.verdicts.entries import Entry, left_out, sound_entries
from sabench.verdicts.wording import points

Literature = Callable[[str], Iterable[Reported]]
"""Returns what the literature reports of a dataset."""


def build(sources: Sequence[RunSource], *, literature: Literature | None = None, baseline: str | None = None) -> Board:
    """Return the leaderboard of everything that the sources hold.

    Args:
        sources: results folders, or what else reads like one; the same protocol hash makes one table.
        literature: reported results of a dataset; none by default.
        baseline: name of the method that all are held against, where it ran; by default see `Baselines`.
    """
    by_protocol: dict[str, list[Entry]] = {}
    source = Merged(sources)
    sound, damaged = sound_entries(source, source.runs())
    damaged = {**source.unreadable(), **damaged}
    skipped = left_out(source, sound, damaged)
    for entry in sound:
        if _has_scores(entry, skipped):
            by_protocol.setdefault(entry.first.protocol_hash, []).append(entry)
    if baseline is not None:
        _refuse_unknown(baseline, by_protocol)
    tables = [_Builder(_labelled(part), literature, baseline).table() for part in by_protocol.values()]
    ordered = sorted(tables, key=_table_order)
    return Board(
        across(ordered),
        tuple(ordered),
        __version__,
        datetime.now(UTC).isoformat(timespec="seconds"),
        tuple(skipped),
        damaged,
    )


def _with_first(entry: Entry, firsts: Iterable[Entry]) -> tuple[Entry, Entry] | None:
    """Return an entry with the first draw of the same trained models, if that ran."""
    keys = [run.folds for run in entry.runs]
    for first in firsts:
        runs = tuple(run for run in first.runs if run.folds in keys)
        if len(runs) == len(keys):
            return entry, replace(first, runs=runs)
    return None


def _has_scores(entry: Entry, skipped: list[str]) -> bool:
    """Whether an entry has predictions; one without any has nothing to rank, and is told."""
    try:
        return bool(len(entry.predictions[0]))
    except SabenchError as error:
        skipped.append(f"{', '.join(run.run_id for run in entry.runs)} ({entry.draw}): {error}")
        return False


def _refuse_unknown(baseline: str, by_protocol: Mapping[str, list[Entry]]) -> None:
    everything = [entry for of_protocol in by_protocol.values() for entry in of_protocol]
    if not any(_is_named(entry, baseline) for entry in everything):
        Baselines(everything, baseline)


def _is_named(entry: Entry, name: str) -> bool:
    return name in (entry.title, entry.method.name, *(run.run_id for run in entry.runs))


def _labelled(unlabelled: list[Entry]) -> list[Entry]:
    """Tell entries of one title and draw apart by features, then by parameters of training."""
    for tell in (_features, _training, _run):
        count = Counter((entry.title, entry.draw) for entry in unlabelled)
        unlabelled = [replace(e, label=tell(e)) if count[e.title, e.draw] > 1 else e for e in unlabelled]
    return unlabelled


def _features(entry: Entry) -> str:
    return entry.method.features.name


def _training(entry: Entry) -> str:
    kept = "" if entry.first.validation_as_training else ", validation speakers not trained on"
    return f"{_features(entry)}{kept}"


def _run(entry: Entry) -> str:
    return f"{_training(entry)}, {entry.first.run_id.rpartition('-')[2]}"


def _table_order(table: RankedTable) -> tuple[bool, Natural, float, Natural, str]:
    """Return what tables are sorted by; of twins those whose speakers differ come first."""
    effect = -(table.speaker_effect or 0.0)
    return table.simulated, natural(table.title), effect, natural(table.protocol), table.protocol_hash


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


@dataclass(frozen=True)
class _Builder:
    """Makes one table of the entries of one protocol."""

    entries: Sequence[Entry]
    literature: Literature | None
    baseline: str | None

    def table(self) -> RankedTable:
        first = self.entries[0].first
        card = self.entries[0].source.card(first.protocol_hash)
        firsts = [entry for entry in self.entries if entry.draw == "first"]
        rows = self._ranked([entry for entry in firsts if not entry.first.contaminated])
        contaminated = self._ranked([entry for entry in firsts if entry.first.contaminated])
        draws = self._draws()
        whole = max(self.entries, key=lambda entry: len(entry.predictions[0])).predictions[0]
        return RankedTable(
            title=f"{first.dataset} {first.task}",
            dataset=first.dataset,
            task=first.task,
            protocol=first.protocol,
            protocol_hash=first.protocol_hash,
            score=first.primary_score,
            simulated=first.simulated,
            simulation=_told(first.simulation or {}, off=(None, "")),
            speaker_effect=_number((first.simulation or {}).get("speaker_effect")),
            classes=whole.classes,
            n_scored=len(whole),
            n_speakers=len(set(whole.speaker.tolist())),
            n_folds=len(first.folds),
            pool=_told(card.get("pool") or {}),
            notes=tuple(str(note) for note in card.get("notes") or ()),
            rows=tuple(rows),
            draws=tuple(draws),
            literature=tuple(self._reported(rows)),
            smallest_p=permutation.smallest_p(len(set(whole.speaker.tolist()))),
            chance=1 / len(set(whole.truth.tolist())),
            contaminated=tuple(replace(row, rank=None) for row in contaminated),
            shared=shared(entry.method.variant for entry in self.entries),
        )

    def _ranked(self, compared: list[Entry]) -> list[Row]:
        named = self.baseline if any(_is_named(entry, self.baseline or "") for entry in compared) else None
        baselines = Baselines(compared, named)
        against = {id(entry): other for entry in compared if entry.complete and (other := baselines.of(entry))}
        to_baseline = differences([(entry, against[id(entry)]) for entry in compared if id(entry) in against])
        decided = {(one, id(other)): to_baseline[one].verdict in ("better", "worse") for one, other in against.items()}
        ranks = _ranks(compared, decided)
        used = {id(other) for other in against.values()}
        rows = [
            row_of(e, rank=ranks.get(id(e)), difference=to_baseline.get(id(e)), baseline=id(e) in used)
            for e in compared
        ]
        return sorted(rows, key=_order)

    def _draws(self) -> list[Row]:
        """Return rows of all other draws, each against the first draw of the same trained models."""
        others = [entry for entry in self.entries if entry.draw != "first"]
        firsts = [entry for entry in self.entries if entry.draw == "first"]
        pairs = [pair for entry in others if entry.complete and (pair := _with_first(entry, firsts))]
        by_entry = differences(pairs)
        rows = [row_of(entry, rank=None, difference=by_entry.get(id(entry)), baseline=False) for entry in others]
        return sorted(rows, key=lambda row: (natural(row.method), natural(row.draw)))

    def _reported(self, rows: Sequence[Row]) -> Iterable[LiteratureRow]:
        first = self.entries[0].first
        if self.literature is None or first.simulated:
            return
        clean = [e for e in self.entries if e.draw == "first" and not e.first.contaminated]
        measured = {run.method.name: e for e in clean for run in e.runs}
        values = {row.method: row.uar for row in rows}
        for result in self.literature(first.dataset):
            if result.task == first.task:
                entry = measured.get(result.adapter or "")
                here = f"{points(values[entry.title])} ({entry.title})" if entry else ""
                yield LiteratureRow(result.method, result.uar, result.source, result.url, result.differences, here)


def _ranks(ranked: Iterable[Entry], decided: Mapping[tuple[int, int], bool]) -> dict[int, tuple[int, int]]:
    """Return the ranks of complete entries among those of the same price; what is decided elsewhere stays so."""
    by_price: dict[str, list[Entry]] = {}
    for entry in ranked:
        if entry.complete:
            by_price.setdefault(str(entry.method.access), []).append(entry)
    ranks: dict[int, tuple[int, int]] = {}
    for members in by_price.values():
        place = {id(entry): i for i, entry in enumerate(members)}
        known = {(place[a], place[b]): differ for (a, b), differ in decided.items() if a in place and b in place}
        ranges = ranking.ranks([entry.sample for entry in members], decided=known)
        ranks |= {id(entry): ends for entry, ends in zip(members, ranges, strict=True) if ends}
    return ranks


def _order(row: Row) -> tuple[tuple[int, Natural], tuple[float, ...], float, Natural]:
    return price_order(row.group, row.access), row.rank or (math.inf,), -row.uar, natural(row.method)


def _told(values: Mapping[str, Any], off: tuple[Any, ...] = (0, False, None, "")) -> str:
    """Return settings in words, without those that are off and without whole sentences."""
    short = {key: value for key, value in values.items() if value not in off and len(str(value)) < 40}
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in short.items())
