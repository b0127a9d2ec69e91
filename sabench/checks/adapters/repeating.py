"""The same again must give the same: seeds, instances, folds, saved models, interrupted fits."""

from __future__ import annotations

import random
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sabench.checks.adapters.trial import (
    TARGET,
    CheckCheckpoint,
    fitted,
    fitted_anew,
    kind_of,
    predicted,
    refuse_difference,
)
from sabench.checks.check import NotApplicable, check, refuse
from sabench.checks.pickles import holds_pickle
from sabench.checks.speech import speech, utterances
from sabench.checks.subject import Subject
from sabench.interfaces.plugins import Adapter


@check("adapters", crash="cannot be fitted and asked")
def the_same_seed_gives_the_same_output(subject: Subject) -> None:
    """Results must repeat; a method draws its numbers from the seed it is handed, not from a global generator."""
    own = speech(kind_of(subject), [TARGET])
    first, again = (predicted(subject, _fitted_after(subject, state), own) for state in (1, 2))
    refuse_difference(subject, first, again, "gives other probabilities when it is fitted twice with the same seed")


def _fitted_after(subject: Subject, state: int) -> Adapter:
    """Fit after the global generators were set to a state that means nothing, and restore them."""
    kept, kept_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  (the global one is what is meant)
    torch = sys.modules.get("torch")
    kept_torch = torch.get_rng_state() if torch else None
    random.seed(state)
    np.random.seed(state)  # noqa: NPY002
    if torch:
        torch.manual_seed(state)
    try:
        return fitted_anew(subject)
    finally:
        random.setstate(kept)
        np.random.set_state(kept_numpy)  # noqa: NPY002
        if torch:
            torch.set_rng_state(kept_torch)


def _stochastic(subject: Subject) -> str:
    return "it declares itself stochastic" if getattr(subject.plugin, "stochastic", False) else ""


@check("adapters", crash="cannot be fitted with another seed", lacks=_stochastic)
def the_seed_matters_only_where_declared(subject: Subject) -> None:
    """One seed is enough for a method that declares no chance; if chance had a say, it would be one draw of many."""
    own = speech(kind_of(subject), [TARGET])
    first, other = (predicted(subject, fitted_anew(subject, seed=seed), own) for seed in (0, 1))
    refuse_difference(subject, first, other, "depends on the seed and does not declare `stochastic = True`")


@check("adapters", crash="cannot be fitted beside another one")
def another_instance_changes_nothing(subject: Subject) -> None:
    """A worker fits one fold after the other; what one learns must not reach another through a class or module."""
    kind = kind_of(subject)
    own, train = speech(kind, [TARGET]), speech(kind)
    adapter = fitted_anew(subject, train)
    before = predicted(subject, adapter, own)
    turned = utterances(speech(kind, take=1).features, (train.y + 1) % len(train.classes), train.speaker)
    fitted_anew(subject, turned)
    after = predicted(subject, adapter, own)
    refuse_difference(subject, before, after, "predicts otherwise once another one was fitted: they share state")


@check("adapters", crash="cannot be fitted on one fold after the other")
def folds_in_reverse_order_change_nothing(subject: Subject) -> None:
    """Where speakers take turns as target, every target was training data of an earlier fold; nobody may remember."""
    # Recordings that nobody has seen yet: what is remembered from an earlier check, or kept on disk from an earlier
    # day, would be the same in both orders. Chance decides nothing else, since only equality is asked for.
    take = secrets.randbelow(2**32)
    forwards = {speaker: _fold(subject, take, speaker) for speaker in (0, 1)}
    backwards = {speaker: _fold(subject, take, speaker) for speaker in (1, 0)}
    for speaker in (0, 1):
        sentence = "predicts otherwise when the folds of a run come in another order: it remembers earlier folds"
        refuse_difference(subject, forwards[speaker], backwards[speaker], sentence)


def _fold(subject: Subject, take: int, speaker: int) -> np.ndarray:
    kind = kind_of(subject)
    train = speech(kind, {0, 1, 2} - {speaker}, take=take)
    return predicted(subject, fitted_anew(subject, train), speech(kind, [speaker], take=take))


def _unsavable(subject: Subject) -> str:
    if subject.cls.save is Adapter.save and subject.cls.load is Adapter.load:  # type: ignore[attr-defined]
        return "it offers no `save`; `sabench predict` cannot use it, and a killed run fits it anew"
    return ""


@check("adapters", crash="cannot be saved and loaded", lacks=_unsavable)
def saving_and_loading_change_nothing(subject: Subject) -> None:
    """A resumed run and `sabench predict` use the saved model, and a model from elsewhere must not run code."""
    own = speech(kind_of(subject), [TARGET])
    adapter = fitted(subject)
    with tempfile.TemporaryDirectory(prefix="sabench-check-") as folder:
        adapter.save(Path(folder))
        pickled = [path.name for path in sorted(Path(folder).rglob("*")) if path.is_file() and holds_pickle(path)]
        refuse(
            subject,
            [f"saves a pickle ({', '.join(pickled)}), which can run code; write safetensors, npz or JSON"]
            * bool(pickled),
        )
        again: Adapter = subject.fresh()
        again.load(Path(folder))
    after = predicted(subject, again, own)
    refuse_difference(subject, predicted(subject, adapter, own), after, "predicts otherwise once saved and loaded")


class _Killed(Exception):
    """Stands for the end of a process."""


class _KilledAfterOne(CheckCheckpoint):
    """A checkpoint whose process ends right after its first save."""

    def save(self, arrays: Any, state: Any) -> None:
        super().save(arrays, state)
        if self.saved == 1:
            raise _Killed


@check("adapters", crash="cannot go on after a kill")
def a_resumed_fit_ends_in_the_same_numbers(subject: Subject) -> None:
    """A killed run goes on from its last checkpoint and must end where it would have ended."""
    own, whole, killed = speech(kind_of(subject), [TARGET]), CheckCheckpoint(), _KilledAfterOne()
    expected = predicted(subject, fitted_anew(subject, checkpoint=whole), own)
    if whole.saved < 2:
        raise NotApplicable("it saves no checkpoint from which a fit could go on")
    try:
        fitted_anew(subject, checkpoint=killed)
    except _Killed:
        pass
    resumed = predicted(subject, fitted_anew(subject, checkpoint=killed), own)
    refuse_difference(subject, expected, resumed, "predicts otherwise when its fit was killed and resumed")


CHECKS = (
    the_same_seed_gives_the_same_output,
    the_seed_matters_only_where_declared,
    another_instance_changes_nothing,
    folds_in_reverse_order_change_nothing,
    saving_and_loading_change_nothing,
    a_resumed_fit_ends_in_the_same_numbers,
)
