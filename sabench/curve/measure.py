"""Runs methods at every k, under one protocol whose pool is as large as the largest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sabench.curve.enrolment_size import KINDS, Carrier, carrier_of
from sabench.curve.points import Curve, Point, Reference
from sabench.curve.single_method import choice_of, only, pool_for
from sabench.errors import PlanError
from sabench.interfaces.records import Access, Method
from sabench.protocols.pools import Shortfall
from sabench.protocols.split_corpus import SplitCorpus
from sabench.protocols.splits import primary_score
from sabench.registry.methods import Choice, resolve
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.results.summary import Summary
from sabench.running import preparation, runner
from sabench.running.observer import Observer
from sabench.running.plan import Plan
from sabench.stats import intervals
from sabench.stats.sample import Sample, common, sample


def curve(
    plan: Plan,
    ks: Sequence[int],
    n_draws: int,
    *,
    registry: Registry | None = None,
    observer: Observer | None = None,
) -> Curve:
    """Return UAR against k for every method of a plan that takes k, beside those that are not adapted.

    Every point is scored on the same utterances: the pool reserves as many as the largest k of each kind
    that a method takes, for all methods alike. A speaker who has fewer gives what there is.

    Args:
        plan: one dataset; its pool is replaced.
        ks: numbers of enrolment utterances.
        n_draws: random draws out of the pool, each with the same trained models where k is no part of them.
        registry: where plugins are found.
        observer: told of what goes on.

    Raises:
        PlanError: no method takes k, or one takes something that k does not count.
        SabenchError: the plan cannot be carried out.
    """
    return _measurement(plan, ks, n_draws, registry, observer).curve()


def plans(
    plan: Plan,
    ks: Sequence[int],
    n_draws: int,
    *,
    registry: Registry | None = None,
    observer: Observer | None = None,
) -> list[Plan]:
    """Return what `curve` would run, a plan for every method and k; nothing is computed or written.

    Args and errors are those of `curve`.
    """
    return _measurement(plan, ks, n_draws, registry, observer).plans()


def _measurement(
    plan: Plan, ks: Sequence[int], n_draws: int, registry: Registry | None, observer: Observer | None
) -> _Measurement:
    if len(plan.datasets) != 1:
        msg = f"A curve is of one dataset; the plan has {', '.join(plan.datasets)}."
        raise PlanError(msg)
    return _Measurement(plan, tuple(sorted(set(ks))), n_draws, registry or Registry(), observer or Observer())


class _Measurement:
    """Carries out one curve."""

    def __init__(self, plan: Plan, ks: tuple[int, ...], n_draws: int, registry: Registry, observer: Observer) -> None:
        plan = preparation.settled(plan, registry)
        self._registry, self._observer = registry, observer
        self._ks, self._results = ks, Results(plan.results)
        choice = Choice(plan.features, plan.normaliser, plan.preset, plan.settings)
        methods = resolve(registry, plan.adapters, choice)
        carrier_by_name = {name: carrier_of(registry, name, choice_of(registry, plan, name)) for name in plan.adapters}
        self._carriers = [carrier for carrier in carrier_by_name.values() if carrier]
        self._unadapted = [part.method.name for part in methods if part.method.access == Access()]
        stuck = [
            part.method for part in methods if not carrier_by_name[part.method.name] and part.method.access != Access()
        ]
        if stuck or not self._carriers:
            raise PlanError(_no_k(stuck, plan.adapters))
        self._plan = plan.model_copy(
            update={
                "pool": pool_for(self._carriers, max(ks)),
                "draws": tuple(f"random:{i}" for i in range(n_draws)),
                "accept_fewer": True,
            }
        )
        self._notes: list[str] = []

    def plans(self) -> list[Plan]:
        """See `plans`."""
        self._split()
        points = [changes for carrier in self._carriers for _, changes, _ in self._steps(carrier) if changes]
        return [self._plan.model_copy(update=changes) for changes in (*points, *self._bare_methods())]

    def _split(self) -> SplitCorpus:
        """Return the corpus under the curve's protocol; notes what its speakers have to give."""
        split_corpus = preparation.split_corpus(self._plan, self._registry, self._plan.datasets[0], self._observer)
        self._held = {
            target.speaker: {kind: len(getattr(target, kind)) for kind in KINDS}
            for fold in split_corpus.protocol.folds
            for target in fold.test
        }
        return split_corpus

    def curve(self) -> Curve:
        """See `curve`."""
        split_corpus = self._split()
        self._notes += _shortfalls(split_corpus.protocol.shortfalls, len(self._held))
        self._notes += self._sharing(split_corpus)
        points = [point for carrier in self._carriers for point in self._points(carrier)]
        references = [reference for changes in self._bare_methods() if (reference := self._reference(changes))]
        protocol, corpus = split_corpus.protocol, split_corpus.corpus
        return Curve(
            dataset=corpus.dataset,
            task=corpus.task,
            protocol=protocol.name,
            protocol_hash=protocol.hash,
            score=primary_score(protocol.name),
            simulated=corpus.simulated,
            n_scored=sum(len(target.scored) for fold in protocol.folds for target in fold.test),
            n_speakers=len(self._held),
            ks=self._ks,
            points=tuple(points),
            references=tuple(references),
            notes=tuple(self._notes),
        )

    def _sharing(self, split_corpus: SplitCorpus) -> list[str]:
        """Return what one pool does to the other, where there are two: neutral utterances are reserved first."""
        rule = self._plan.pool
        if not (rule.neutral and rule.unlabelled):
            return []
        without = [
            target.speaker
            for fold in split_corpus.protocol.folds
            for target in fold.test
            if not any(map(split_corpus.neutral, target.unlabelled))
        ]
        names = ", ".join(carrier.method for carrier in self._carriers if carrier.kind == "unlabelled")
        return [
            f"Neutral utterances are reserved as such first: {len(without)} of {len(self._held)} speakers have none "
            f"among their unlabelled ones; {names} may score otherwise in a curve without methods that take neutral."
        ]

    def _steps(self, carrier: Carrier) -> Iterator[tuple[int, dict[str, Any], str]]:
        """Yield every k with what it changes in the plan, or with the reason why it is left out."""
        most = max(held[carrier.kind] for held in self._held.values())
        for k in self._ks:
            reason = carrier.impossible if not k else ""
            if k > most and any(most <= other < k for other in self._ks):
                reason = f"no speaker has more than {most} {carrier.kind} utterances to give"
            changes = {} if reason else only(self._registry, self._plan, carrier.method)
            if changes:
                changes["settings"] = {**changes["settings"], **carrier.settings(k)}
            yield k, changes, reason

    def _points(self, carrier: Carrier) -> Iterator[Point]:
        for k, changes, why_not in self._steps(carrier):
            summaries, reason = self._measured(changes) if changes else ([], why_not)
            if summaries:
                yield self._point(carrier, k, summaries)
            if reason:
                self._notes.append(f"{carrier.method} is left out at k = {k}: {reason.rstrip('.')}.")

    def _point(self, carrier: Carrier, k: int, summaries: Sequence[Summary]) -> Point:
        drawn, by_draw = self._sample(summaries)
        score = intervals.interval(drawn)
        runs = {summary.record.run_id: summary.record.seed for summary in summaries}
        given = [min(k, held[carrier.kind]) for held in self._held.values()]
        return Point(
            method=carrier.method,
            kind=carrier.kind,
            k=k,
            supplied=float(np.mean(given)),
            uar=score.value,
            low=score.low,
            high=score.high,
            draw_low=float(by_draw.min()),
            draw_high=float(by_draw.max()),
            draw_sd=float(by_draw.std(ddof=1)) if len(by_draw) > 1 else 0.0,
            n_draws=len(by_draw),
            seeds=tuple(runs.values()),
            runs=tuple(runs),
        )

    def _sample(self, summaries: Sequence[Summary]) -> tuple[Sample, np.ndarray]:
        """Return the score over seeds and draws by speaker, and the score of each draw.

        Draws of one trained model are no replicates: only seeds count as such.
        """
        run = summaries[0].record
        predictions = [self._results.predictions(summary.record, summary.draw) for summary in summaries]
        drawn = sample(common(predictions), pooled=run.pooled, stochastic=run.stochastic)
        values = drawn.seed_values.reshape(len({summary.record.seed for summary in summaries}), -1)
        return replace(drawn, seed_values=values.mean(axis=1), stochastic=run.stochastic), values.mean(axis=0)

    def _measured(self, changes: Mapping[str, Any]) -> tuple[list[Summary], str]:
        """Return the outcome of one method for every seed and draw, or why there is none."""
        plan = self._plan.model_copy(update=dict(changes))
        summaries = runner.run(plan, registry=self._registry, observer=self._observer)
        if all(summary.record.status == "complete" for summary in summaries):
            return summaries, ""
        failures = [reason for summary in summaries for _, reason in summary.failures]
        return [], failures[0] if failures else "its run is not complete"

    def _bare_methods(self) -> list[dict[str, Any]]:
        """Return the unadapted methods that were named, and the unadapted form of what stands behind a normaliser."""
        bare = [carrier.bare for carrier in self._carriers if carrier.bare]
        unknown = [carrier.method for carrier in self._carriers if not carrier.bare]
        if unknown and not self._unadapted:
            self._notes.append(
                f"No unadapted form of {', '.join(unknown)} is known here; name the baseline with --adapter."
            )
        named = [only(self._registry, self._plan, name) for name in self._unadapted]
        without = self._plan.model_copy(update={"normaliser": None})
        unadapted = [only(self._registry, without, name) for name in dict.fromkeys(bare) if name not in self._unadapted]
        return [*named, *({**changes, "normaliser": None} for changes in unadapted)]

    def _reference(self, changes: Mapping[str, Any]) -> Reference | None:
        (name,) = changes["adapters"]
        summaries, reason = self._measured(changes)
        if reason:
            self._notes.append(f"The baseline {name} is left out: {reason.rstrip('.')}.")
            return None
        score = intervals.interval(self._sample(summaries)[0])
        return Reference(name, score.value, score.low, score.high)


def _shortfalls(shortfalls: Iterable[Shortfall], n_speakers: int) -> list[str]:
    """Return one sentence for all speakers who supply the same."""
    alike: dict[str, list[str]] = {}
    for short in shortfalls:
        alike.setdefault(f"{short.supplied} of {short.wanted} {short.kind}", []).append(short.speaker)
    return [
        f"{f'All {n_speakers} speakers' if len(names) == n_speakers > 1 else ', '.join(names)} "
        f"{'supply' if len(names) > 1 else 'supplies'} {words} utterances."
        for words, names in alike.items()
    ]


def _no_k(stuck: Sequence[Method], names: Sequence[str]) -> str:
    if stuck:
        needs = "; ".join(f"{method.name} needs {method.access}" for method in stuck)
        return (
            f"No parameter of these methods says how many utterances they are enrolled with: {needs}. Leave them out."
        )
    return (
        f"None of {', '.join(names)} is enrolled with utterances, so there is no curve. Name a method that is, or put "
        "a normaliser in front with --normaliser."
    )
