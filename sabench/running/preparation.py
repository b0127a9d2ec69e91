"""From a plan to everything that is known before the first fit: corpora, folds, methods, runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sabench.corpora import common_labels, loading, own_folds, roots
from sabench.corpora.joined import joined
from sabench.errors import PlanError, first_few
from sabench.interfaces.plugins import Dataset
from sabench.interfaces.records import Corpus
from sabench.protocols import fewer, supply
from sabench.protocols.draws import draws_for
from sabench.protocols.protocol import Protocol, make
from sabench.protocols.split_corpus import SplitCorpus
from sabench.protocols.splits import TRAIN_ON
from sabench.protocols.texts import SUFFIX, sharing
from sabench.registry import methods
from sabench.registry.libraries import refuse_missing
from sabench.registry.methods import Choice, Parts
from sabench.registry.registry import Registry
from sabench.running.observer import Observer
from sabench.running.plan import Plan
from sabench.running.planned_run import PlannedRun

_NOTED = 5


def settled(plan: Plan, registry: Registry) -> Plan:
    """Return a plan whose plugins are all named, with those that were named by a file loaded into the registry.

    Raises:
        PluginLoadError: a file cannot be loaded, or does not hold one such plugin.
    """

    def name(kind: str, given: str | None) -> str | None:
        return given and registry.settled(kind, given)

    def dataset(given: str) -> str:
        file, ending, task = given.partition(".py")
        return registry.settled("datasets", file + ending) + task if ending else given

    return plan.model_copy(
        update={
            "adapters": tuple(registry.settled("adapters", one) for one in plan.adapters),
            "normaliser": name("normalisers", plan.normaliser),
            "features": name("features", plan.features),
            "datasets": tuple(map(dataset, plan.datasets)),
            "train_on": tuple(map(dataset, plan.train_on)),
        }
    )


def planned_runs(plan: Plan, registry: Registry, observer: Observer) -> list[PlannedRun]:
    """Return every run of a plan, in the order dataset, method, seed; nothing is written.

    Raises:
        SabenchError: the plan cannot be carried out; names, parameters, access and leaks are told here.
    """
    planned = []
    methods_of_plan = parts(plan, registry)
    for name in plan.datasets:
        split = split_corpus(plan, registry, name, observer)
        for part in methods_of_plan:
            _note_contaminated(split, part, observer)
            _note_poor_trainers(split, part, observer)
            _note_never_emotional(split, part, plan, observer)
            supply.refuse_large(part.method, plan.draws)
            if not plan.accept_fewer:
                supply.refuse_lacking(split, part.method, plan.draws)
            planned += [_planned(plan, split, part, seed) for seed in plan.seeds]
    return planned


def parts(plan: Plan, registry: Registry) -> list[Parts]:
    """Return the methods of a plan, with their unfitted plugins.

    Raises:
        SabenchError: a name, a parameter or the search does not fit.
    """
    choice = Choice(plan.features, plan.normaliser, plan.preset, plan.settings)
    resolved = methods.resolve(registry, plan.adapters, choice)
    for part in resolved:
        refuse_missing(part.method.name, part.plugins)
    if plan.search and not any(part.adapter.search_grid for part in resolved):
        msg = f"--search chooses from a declared grid, and none of {', '.join(plan.adapters)} declares one."
        raise PlanError(msg)
    return resolved


def corpus(plan: Plan, registry: Registry, name: str, observer: Observer) -> tuple[Dataset, Corpus]:
    """Return a dataset of the plan and its prepared corpus, with those that are trained on where the plan names some.

    `name` may carry a task as `name:task`.

    Raises:
        DatasetError: it cannot be found or read, or has faults.
        PlanError: what is to be trained on does not go with the rest of the plan.
    """
    dataset, loaded = _corpus(plan, registry, name, observer)
    if not plan.train_on:
        return dataset, loaded
    if plan.protocol or plan.folds:
        msg = "--train-on says who trains and who is tested; leave --protocol and --folds out."
        raise PlanError(msg)
    others = [_corpus(plan, registry, other, observer)[1] for other in sorted(plan.train_on)]
    labels = common_labels.common((loaded, *others), plan.labels)
    for sentence in common_labels.sentences(labels, (loaded, *others)):
        observer.note(f"{loaded.dataset}: {sentence}")
    return dataset, joined(loaded, others, labels)


def _corpus(plan: Plan, registry: Registry, name: str, observer: Observer) -> tuple[Dataset, Corpus]:
    """Return one dataset and its own prepared corpus."""
    base, _, task = name.partition(":")
    dataset: Dataset = registry.create("datasets", base)
    root = _root(plan, base, dataset, observer)
    with observer.stage(f"{base}: decoding") as progress:
        loaded = loading.load(dataset, root, task or _task(plan, dataset), jobs=plan.jobs, progress=progress)
    loading.refuse_faulty(loaded)
    if plan.folds is not None:
        loaded = own_folds.applied(loaded, plan.folds)
    for fault in loaded.faults[:_NOTED]:
        observer.note(f"{base}: {fault}")
    if len(loaded.faults) > _NOTED:
        see = f"sabench dataset check {base} --task {loaded.task} --root {loaded.root}"
        observer.note(f"{base}: and {len(loaded.faults) - _NOTED} more; see them with: {see}")
    return dataset, loaded


def protocol(plan: Plan, dataset: Dataset, of: Corpus) -> Protocol:
    """Return the folds of a corpus under the plan's protocol."""
    on = f"{TRAIN_ON}:{'+'.join(sorted(plan.train_on))}" if plan.train_on else ""
    name = on or plan.protocol or (_of_folds(of) if plan.folds else dataset.default_protocol)
    if plan.text_disjoint and SUFFIX not in name:
        name += SUFFIX
    if plan.training_speakers is not None:
        name = fewer.named(name)[0] + fewer.suffix(plan.training_speakers)
    return make(of, loading.fingerprint(of), name, plan.pool)


def _of_folds(corpus: Corpus) -> str:
    """Return the protocol that a file of folds, or of partitions, means."""
    return "own-folds" if "fold" in corpus.table else "challenge"


def split_corpus(plan: Plan, registry: Registry, name: str, observer: Observer) -> SplitCorpus:
    """Return a dataset of the plan under its protocol; speakers whose pools are small are noted.

    Raises:
        SabenchError: the corpus cannot be had, or the protocol does not fit it.
    """
    dataset, loaded = corpus(plan, registry, name, observer)
    chosen_protocol = protocol(plan, dataset, loaded)
    if chosen_protocol.shortfalls:
        what = "speakers are dropped" if plan.pool.require else "pools are smaller than asked for"
        observer.note(f"{name}: {what}: {first_few(chosen_protocol.shortfalls, _NOTED)}.")
    split = SplitCorpus(loaded, chosen_protocol)
    for sentence in filter(None, (sharing(chosen_protocol.folds, loaded.table), *untrained_classes(split))):
        observer.note(f"{name}: {sentence}")
    return split


def untrained_classes(split: SplitCorpus) -> list[str]:
    """Return a sentence for every class that some fold scores and cannot learn."""
    folds_of: dict[str, list[str]] = {}
    for fold in split.protocol.folds:
        learnt = set(np.unique(split.classes[split.rows.rows(fold.train)]).tolist())
        scored = {split.y(name) for target in fold.test for name in target.scored}
        for y in sorted(scored - learnt):
            folds_of.setdefault(split.corpus.classes[y], []).append(fold.name)
    return [
        f"no training utterance shows {label!r} in fold {', '.join(folds)}; its recall there will be 0."
        for label, folds in folds_of.items()
    ]


def _note_contaminated(split: SplitCorpus, part: Parts, observer: Observer) -> None:
    corpus = split.corpus
    if corpus.dataset in part.method.trained_on and not corpus.simulated:
        observer.note(
            f"{part.method.title}: the weights of {part.method.features.name} have seen {corpus.dataset}; its runs are "
            "marked contaminated, and are never ranked with the rest."
        )


def _note_poor_trainers(split: SplitCorpus, part: Parts, observer: Observer) -> None:
    access = part.method.access
    poor = supply.poor_trainers(split, access)
    if poor:
        observer.note(
            f"{part.method.title}: training speakers with fewer than {access.neutral} neutral utterances are enrolled "
            f"with what they have: {first_few(poor, _NOTED)}."
        )


def _note_never_emotional(split: SplitCorpus, part: Parts, plan: Plan, observer: Observer) -> None:
    if all(draw.kind != "emotional" for draw in draws_for(part.method.access, plan.draws)):
        return
    never = supply.never_emotional(split)
    if never:
        observer.note(
            f"{part.method.title}, draw emotional: target speakers scored on neutral utterances alone keep their "
            f"neutral enrolment: {first_few(never, _NOTED)}."
        )


def _root(plan: Plan, name: str, dataset: Dataset, observer: Observer) -> Path:
    if plan.twin is not None:
        with observer.stage(f"{name}: simulating a twin (scale {plan.twin.scale:g})") as progress:
            return roots.twin(name, dataset, plan.twin, jobs=plan.jobs, progress=progress)
    named = {entry.partition(":")[0] for entry in plan.datasets}
    if name not in named:  # one to train on: --root is of the dataset
        return roots.find(name, type(dataset), plan.roots.get(name))
    if plan.root is not None and len(named) > 1:
        msg = f"--root names one folder, and the plan has {len(named)} datasets. Link them, or use [roots]."
        raise PlanError(msg)
    return roots.find(name, type(dataset), plan.roots.get(name, plan.root))


def _task(plan: Plan, dataset: Dataset) -> str | None:
    """Return the plan's task where the dataset has it, or where it is the only one (and then must)."""
    if plan.task is None or (len(plan.datasets) + len(plan.train_on) > 1 and plan.task not in dataset.tasks):
        return None
    return plan.task


def _planned(plan: Plan, split: SplitCorpus, parts: Parts, seed: int) -> PlannedRun:
    _, n_training = fewer.named(split.protocol.name)  # then nobody trains on more
    return PlannedRun(
        parts=parts,
        split_corpus=split,
        seed=seed,
        draws=plan.draws,
        threads=plan.threads,
        device="cuda" if plan.device == "auto" and plan.has_batch_gpus else plan.device,
        elsewhere=plan.dask is not None,
        validation_as_training=plan.validation_as_training and n_training is None,
        search=plan.search,
    )
