"""Methods over several corpora: what they gain on average, and how they rank.

Corpora are the units here. Tables of one corpus (several tasks, pools or protocols) are no replicates: their gains and
errors are averaged, as if one told nothing that the others do not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sabench.leaderboard.board import Across, AcrossRow, CorpusEffect, Difference, Ranking, Row, Table, price_order
from sabench.stats.mean_ranks import mean_ranks
from sabench.stats.random_effects import Combined, Effects, combine
from sabench.verdicts.wording import confidence_words, p_words, points

_Rows = Mapping[str, Sequence[Row]]
"""Rows of one method by corpus."""


def across(tables: Sequence[Table]) -> tuple[Across, ...]:
    """Return what tables of several corpora say together; real recordings and twins are kept apart."""
    parts = ([table for table in tables if table.simulated is simulated] for simulated in (False, True))
    return tuple(_across(part) for part in parts if len({table.dataset for table in part}) > 1)


def _across(tables: Sequence[Table]) -> Across:
    datasets = tuple(sorted({table.dataset for table in tables}))
    methods = _by_method(tables)
    ranking, ranks = _ranking(methods, tables, datasets)
    held = {name: found for name, rows in methods.items() if (found := _held(rows))}
    combined = dict(zip(held, combine([_effects(corpora) for _, corpora in held.values()]), strict=True))
    rows = [
        _row(_any(rows), *held.get(name, ("", ())), combined.get(name), ranks.get(name))
        for name, rows in methods.items()
        if name in held or name in ranks
    ]
    return Across(tables[0].simulated, datasets, tuple(sorted(rows, key=_order)), ranking)


def _by_method(tables: Iterable[Table]) -> dict[str, dict[str, list[Row]]]:
    """Return complete rows by method and corpus."""
    methods: dict[str, dict[str, list[Row]]] = {}
    for table in tables:
        for row in table.rows:
            if row.complete:
                methods.setdefault(row.method_hash, {}).setdefault(table.dataset, []).append(row)
    return methods


def _held(rows: _Rows) -> tuple[str, tuple[CorpusEffect, ...]] | None:
    """Return the baseline that a method is held against on most corpora, and its gains there; None below two."""
    found = [(name, d) for name, part in rows.items() for row in part if (d := row.difference) and d.about_methods]
    count = Counter(baseline for _, baseline in dict.fromkeys((name, d.baseline) for name, d in found))
    if not count:
        return None
    baseline, n = count.most_common(1)[0]
    by_corpus: dict[str, list[Difference]] = {}
    for name, d in found:
        if d.baseline == baseline:
            by_corpus.setdefault(name, []).append(d)
    return (baseline, tuple(_corpus(name, part) for name, part in sorted(by_corpus.items()))) if n > 1 else None


def _corpus(name: str, found: Sequence[Difference]) -> CorpusEffect:
    effect = float(np.mean([d.effect for d in found]))
    return CorpusEffect(name, effect, float(np.mean([d.standard_error for d in found])))


def _effects(corpora: Sequence[CorpusEffect]) -> Effects:
    return Effects([one.effect for one in corpora], [one.standard_error for one in corpora])


def _any(rows: _Rows) -> Row:
    return next(iter(rows.values()))[0]


def _row(
    row: Row, baseline: str, corpora: tuple[CorpusEffect, ...], found: Combined | None, mean_rank: float | None
) -> AcrossRow:
    nothing = math.nan
    return AcrossRow(
        method=row.method,
        access=row.access,
        group=row.group,
        baseline=baseline,
        corpora=corpora,
        effect=found.effect.value if found else nothing,
        low=found.effect.low if found else nothing,
        high=found.effect.high if found else nothing,
        confidence=found.confidence if found else nothing,
        p=found.p if found else nothing,
        p_corrected=found.p_corrected if found else nothing,
        family=found.family if found else 0,
        between=found.between if found else nothing,
        detectable=found.detectable if found else nothing,
        verdict=_verdict(found),
        sentence=_sentence(row.method, baseline, found) if found else "",
        mean_rank=mean_rank,
    )


def _verdict(found: Combined | None) -> str:
    if found is None:
        return ""
    if not found.rejected:
        return "none"
    return "better" if found.effect.value > 0 else "worse"


def _sentence(method: str, baseline: str, found: Combined) -> str:
    effect = found.effect
    ahead, behind = (method, baseline) if effect.value >= 0 else (baseline, method)
    low, high = sorted((effect.low, effect.high)) if effect.value >= 0 else sorted((-effect.low, -effect.high))
    family = f" (Holm, {found.family} methods)" if found.family > 1 else ""
    interval = f"[{confidence_words(found.confidence)} {points(low)}, {points(high)}]"
    size = f"{points(abs(effect.value))} points {interval}, {p_words(found.p_corrected)}{family}"
    spread = f" The gain differs by {points(found.between)} points (standard deviation) between corpora."
    if found.rejected:
        return f"{ahead} beats {behind} over {found.n} corpora by {size}.{spread}"
    could = f" A true mean difference of {points(found.detectable)} points is found in 80 of 100 such comparisons."
    return f"{ahead} and {behind} cannot be told apart over {found.n} corpora: a difference of {size}.{spread}{could}"


def _ranking(
    methods: Mapping[str, _Rows], tables: Iterable[Table], datasets: Sequence[str]
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
    found = mean_ranks(np.array([np.mean(scores[name], axis=0) for name in datasets]))
    order = sorted(range(len(names)), key=lambda i: found.ranks[i])
    place = {i: at for at, i in enumerate(order)}
    rows = [_any(methods[names[i]]) for i in order]
    ranking = Ranking(
        methods=tuple(row.method for row in rows),
        groups=tuple(row.group for row in rows),
        ranks=tuple(found.ranks[i] for i in order),
        critical_difference=found.critical_difference,
        p=found.p,
        alike=tuple(tuple(place[i] for i in group) for group in found.alike),
    )
    return ranking, dict(zip(names, found.ranks, strict=True))


def _order(row: AcrossRow) -> tuple[tuple[int, int, str], float, str]:
    return price_order(row.group, row.access), -row.effect if math.isfinite(row.effect) else -math.inf, row.method
