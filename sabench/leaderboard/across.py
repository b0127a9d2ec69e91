"""Methods over several corpora: what they gain on average, and how they rank.

Corpora are the units here. Tables of one corpus (several tasks, pools or protocols) are no replicates: their gains and
errors are averaged, as if one told nothing that the others do not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sabench.interfaces.records import Access
from sabench.leaderboard.board import (
    Across,
    AcrossRow,
    CorpusEffect,
    Difference,
    Natural,
    RankedTable,
    Ranking,
    Row,
    natural,
    price_order,
)
from sabench.leaderboard.short_names import shared
from sabench.stats.mean_ranks import mean_ranks
from sabench.stats.random_effects import Combined, Effects, combine
from sabench.verdicts.wording import confidence_words, p_words, points

_Rows = Mapping[str, Sequence[Row]]
"""Rows of one method by corpus."""


def across(tables: Sequence[RankedTable]) -> tuple[Across, ...]:
    """Return what tables of several corpora say together; real recordings and twins are kept apart."""
    parts = ([table for table in tables if table.simulated is simulated] for simulated in (False, True))
    return tuple(_across(part) for part in parts if len({table.dataset for table in part}) > 1)


def _across(tables: Sequence[RankedTable]) -> Across:
    datasets = tuple(sorted({table.dataset for table in tables}))
    methods = _by_method(tables)
    ranking, ranks = _ranking(methods, tables, datasets)
    every = {name: held_against for name, rows in methods.items() if (held_against := _held(rows))}
    baselines = {baseline for name, (baseline, _) in every.items() if _any(methods[name]).access != str(Access())}
    held = {name: against for name, against in every.items() if _any(methods[name]).method not in baselines}
    combined = dict(zip(held, combine([_effects(corpora) for _, corpora in held.values()]), strict=True))
    rows = [
        _row(_any(rows), *held.get(name, ("", ())), combined.get(name), ranks.get(name))
        for name, rows in methods.items()
        if name in held or name in ranks
    ]
    common = shared(_any(of_method).variant for of_method in methods.values())
    return Across(tables[0].simulated, datasets, tuple(sorted(rows, key=_order)), ranking, common)


def _by_method(tables: Iterable[RankedTable]) -> dict[str, dict[str, list[Row]]]:
    """Return complete rows by method and corpus."""
    methods: dict[str, dict[str, list[Row]]] = {}
    for table in tables:
        for row in table.rows:
            if row.complete:
                methods.setdefault(row.method_hash, {}).setdefault(table.dataset, []).append(row)
    return methods


def _held(rows: _Rows) -> tuple[str, tuple[CorpusEffect, ...]] | None:
    """Return the baseline that a method is held against on most corpora, and its gains there; None below two."""
    gains = [(name, d) for name, part in rows.items() for row in part if (d := row.difference) and d.about_methods]
    count = Counter(baseline for _, baseline in dict.fromkeys((name, d.baseline) for name, d in gains))
    if not count:
        return None
    baseline, n = count.most_common(1)[0]
    by_corpus: dict[str, list[Difference]] = {}
    for name, d in gains:
        if d.baseline == baseline:
            by_corpus.setdefault(name, []).append(d)
    return (baseline, tuple(_corpus(name, part) for name, part in sorted(by_corpus.items()))) if n > 1 else None


def _corpus(name: str, gains: Sequence[Difference]) -> CorpusEffect:
    effect = float(np.mean([d.effect for d in gains]))
    return CorpusEffect(name, effect, float(np.mean([d.standard_error for d in gains])))


def _effects(corpora: Sequence[CorpusEffect]) -> Effects:
    return Effects([one.effect for one in corpora], [one.standard_error for one in corpora])


def _any(rows: _Rows) -> Row:
    return next(iter(rows.values()))[0]


def _row(
    row: Row, baseline: str, corpora: tuple[CorpusEffect, ...], mean_gain: Combined | None, mean_rank: float | None
) -> AcrossRow:
    nothing = math.nan
    return AcrossRow(
        method=row.method,
        access=row.access,
        group=row.group,
        baseline=baseline,
        corpora=corpora,
        effect=mean_gain.effect.value if mean_gain else nothing,
        low=mean_gain.effect.low if mean_gain else nothing,
        high=mean_gain.effect.high if mean_gain else nothing,
        confidence=mean_gain.confidence if mean_gain else nothing,
        p=mean_gain.p if mean_gain else nothing,
        p_corrected=mean_gain.p_corrected if mean_gain else nothing,
        family=mean_gain.family if mean_gain else 0,
        between=mean_gain.between if mean_gain else nothing,
        detectable=mean_gain.detectable if mean_gain else nothing,
        verdict=_verdict(mean_gain),
        sentence=_sentence(row.method, baseline, mean_gain) if mean_gain else "",
        mean_rank=mean_rank,
        variant=row.variant,
    )


def _verdict(mean_gain: Combined | None) -> str:
    if mean_gain is None:
        return ""
    if not mean_gain.rejected:
        return "none"
    return "better" if mean_gain.effect.value > 0 else "worse"


def _sentence(method: str, baseline: str, gain: Combined) -> str:
    effect = gain.effect
    ahead, behind = (method, baseline) if effect.value >= 0 else (baseline, method)
    low, high = sorted((effect.low, effect.high)) if effect.value >= 0 else sorted((-effect.low, -effect.high))
    family = f" (Holm, {gain.family} methods)" if gain.family > 1 else ""
    interval = f"[{confidence_words(gain.confidence)} {points(low)}, {points(high)}]"
    size = f"{points(abs(effect.value))} points {interval}, {p_words(gain.p_corrected)}{family}"
    spread = f" The gain differs by {points(gain.between)} points (standard deviation) between corpora."
    if gain.rejected:
        return f"{ahead} beats {behind} over {gain.n} corpora by {size}.{spread}"
    could = f" A true mean difference of {points(gain.detectable)} points is found in 80 of 100 such comparisons."
    return f"{ahead} and {behind} cannot be told apart over {gain.n} corpora: a difference of {size}.{spread}{could}"


def _ranking(
    methods: Mapping[str, _Rows], tables: Iterable[RankedTable], datasets: Sequence[str]
) -> tuple[Ranking | None, dict[str, float]]:
    """Return mean ranks of the methods that ran on all corpora, over the tables where all of them ran."""
    names = [name for name, rows in methods.items() if len(rows) == len(datasets)]
    scores: dict[str, list[list[float]]] = {}
    for table in tables:
        uar = {row.method_hash: row.uar for row in table.rows if row.complete}
        if all(name in uar for name in names):
            scores.setdefault(table.dataset, []).append([uar[name] for name in names])
    if len(names) < 2 or len(scores) < len(datasets):
        return None, {}
    over_corpora = mean_ranks(np.array([np.mean(scores[name], axis=0) for name in datasets]))
    order = sorted(range(len(names)), key=lambda i: over_corpora.ranks[i])
    place = {i: at for at, i in enumerate(order)}
    rows = [_any(methods[names[i]]) for i in order]
    ranking = Ranking(
        methods=tuple(row.method for row in rows),
        groups=tuple(row.group for row in rows),
        ranks=tuple(over_corpora.ranks[i] for i in order),
        critical_difference=over_corpora.critical_difference,
        p=over_corpora.p,
        alike=tuple(tuple(place[i] for i in group) for group in over_corpora.alike),
    )
    return ranking, dict(zip(names, over_corpora.ranks, strict=True))


def _order(row: AcrossRow) -> tuple[tuple[int, Natural], float, Natural]:
    effect = -row.effect if math.isfinite(row.effect) else -math.inf
    return price_order(row.group, row.access), effect, natural(row.method)
