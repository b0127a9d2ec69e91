"""What a normaliser is held to."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from sabench.checks.blind import Overstepped
from sabench.checks.check import check, refuse
from sabench.checks.pickles import holds_pickle
from sabench.checks.speech import enrolment_of, joined, mapped, speech, utterances
from sabench.checks.state import changes, state_of
from sabench.checks.subject import Subject
from sabench.errors import AccessError, SabenchError
from sabench.interfaces import Normaliser
from sabench.records import Access
from sabench.views import Enrolment, Transform, Utterances

KINDS: Final = ("functionals", "sequences")
SAME: Final = 1e-4
"""Largest difference between features that should be the same, as a part of their spread."""
TARGET, OTHER = 3, 4
_KIND = "normalisers"


def fitted(subject: Subject, train: Utterances | None = None, kind: str = "sequences") -> Normaliser:
    """Return a fresh normaliser after `fit`."""
    normaliser: Normaliser = subject.fresh()
    normaliser.fit(speech(kind) if train is None else train)
    return normaliser


def transformed(subject: Subject, transform: Transform, own: Utterances) -> list[np.ndarray]:
    """Return features behind a transform, once each has kept its shape and is finite.

    Raises:
        CheckFailure: one has not.
    """
    found = []
    for array in own.features:
        given = array.copy()
        given.setflags(write=False)
        made = transform(given)
        if not isinstance(made, np.ndarray) or made.shape != array.shape:
            shape = getattr(made, "shape", type(made).__name__)
            refuse(subject, [f"turns features of shape {array.shape} into {shape}; a transform keeps the shape"])
        if not np.isfinite(made.astype(np.float32)).all():
            refuse(subject, ["turns features into values that are not finite"])
        found.append(made.astype(np.float32))
    return found


def enrolled(subject: Subject, normaliser: Normaliser, own: Utterances) -> list[np.ndarray]:
    """Return a speaker's features behind the transform that the speaker's enrolment gives."""
    return transformed(subject, normaliser.enrol(enrolment_of(own, normaliser.access)), own)


def apart(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Return the largest difference between features, as a part of their spread."""
    spread = max(float(np.concatenate([array.ravel() for array in one]).std()), 1e-6)
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True)) / spread


def refuse_difference(subject: Subject, one: Sequence[np.ndarray], other: Sequence[np.ndarray], sentence: str) -> None:
    """Raise where features differ; the sentence says because of what."""
    found = apart(one, other)
    if not found <= SAME:
        refuse(subject, [f"{sentence} (by up to {found:.2g} deviations; allowed {SAME:g})"])


@check(_KIND, crash="has an access that cannot be read", formal=True)
def the_access_is_a_record(subject: Subject) -> None:
    """The plan adds a normaliser's price to the adapter's before anything runs."""
    access = subject.plugin.access  # type: ignore[attr-defined]  # a normaliser
    if not isinstance(access, Access):
        refuse(subject, [f"has the access {access!r}; expected a sabench.Access"])


@check(_KIND, crash="cannot transform features", basic=True)
def transforms_keep_shape_and_are_finite(subject: Subject) -> None:
    """Any adapter may stand behind it, so a feature array comes out as it went in: same shape, finite numbers."""
    for kind in KINDS:
        enrolled(subject, fitted(subject, kind=kind), speech(kind, [TARGET]))


@check(_KIND, crash="treats functionals and sequences differently")
def functionals_and_sequences_are_alike(subject: Subject) -> None:
    """Statistics run over all axes but the last: a sequence of one frame is the same as functionals."""
    train, own = speech("functionals"), speech("functionals", [TARGET])
    flat = enrolled(subject, fitted(subject, train), own)
    framed = enrolled(subject, fitted(subject, _framed(train)), _framed(own))
    sentence = "treats functionals otherwise than sequences of one frame"
    refuse_difference(subject, flat, [array[0] for array in framed], sentence)


def _framed(of: Utterances) -> Utterances:
    return mapped(of, lambda array: array[None])


@check(_KIND, crash="fails without enrolment")
def without_enrolment_it_is_the_identity_or_says_so(subject: Subject) -> None:
    """A speaker may have nothing to enrol; features then pass unchanged, or the error says what is missing."""
    normaliser = fitted(subject)
    own = speech("sequences", [TARGET])
    try:
        passed = transformed(subject, normaliser.enrol(Enrolment()), own)
    except SabenchError as error:
        if len(str(error).split()) < 4:
            refuse(subject, [f"refuses a speaker without enrolment in the words {str(error)!r}; say what is missing"])
        return
    if normaliser.access != Access():
        sentence = "changes features of a speaker who enrolled nothing; expected them unchanged, or a clear error"
        refuse_difference(subject, list(own.features), passed, sentence)


@check(_KIND, crash="fails where a feature does not vary")
def constant_features_stay_finite(subject: Subject) -> None:
    """Silence and dead features have no spread; division by it must not spread infinities."""

    def dead(array: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros_like(array[..., :1]), array[..., 1:]], axis=-1)

    for kind in KINDS:
        normaliser = fitted(subject, mapped(speech(kind), dead))
        enrolled(subject, normaliser, mapped(speech(kind, [TARGET]), dead))
        enrolled(subject, normaliser, mapped(speech(kind, [TARGET]), np.zeros_like))


@check(_KIND, crash="fails where a speaker has one utterance")
def a_speaker_with_one_utterance_is_served(subject: Subject) -> None:
    """One utterance has no spread of its own; a training speaker and a target may have no more."""
    for kind in KINDS:
        lonely = speech(kind, [OTHER])
        train = joined(speech(kind), lonely.take(np.flatnonzero(~lonely.neutral)[:1]))
        enrolled(subject, fitted(subject, train), speech(kind, [TARGET]).take([0]))


@check(_KIND, crash="cannot enrol a speaker")
def enrol_leaves_the_normaliser_unchanged(subject: Subject) -> None:
    """One fitted normaliser serves all speakers of a fold; what one leaves behind in it would reach the next."""
    normaliser = fitted(subject)
    before = state_of(normaliser)
    enrolled(subject, normaliser, speech("sequences", [TARGET]))
    changed = changes(before, state_of(normaliser))
    if changed:
        refuse(subject, [f"changes itself while it enrols a speaker ({', '.join(changed[:3])}); return what was found"])


@check(_KIND, crash="cannot enrol one speaker after another")
def enrolling_another_speaker_first_changes_nothing(subject: Subject) -> None:
    """The order of speakers is chance; what a speaker's features become must not depend on who came before."""
    own = speech("sequences", [TARGET])
    alone = enrolled(subject, fitted(subject), own)
    normaliser = fitted(subject)
    transform = normaliser.enrol(enrolment_of(own, normaliser.access))
    enrolled(subject, normaliser, speech("sequences", [OTHER]))
    sentence = "transforms a speaker otherwise once another one is enrolled"
    refuse_difference(subject, alone, transformed(subject, transform, own), sentence)
    refuse_difference(subject, alone, enrolled(subject, normaliser, own), sentence)


@check(_KIND, crash="cannot transform an array alone")
def each_array_is_transformed_by_itself(subject: Subject) -> None:
    """Features are read lazily, in any order and more than once; a transform keeps nothing from array to array."""
    own = speech("sequences", [TARGET])
    normaliser = fitted(subject)
    transform = normaliser.enrol(enrolment_of(own, normaliser.access))
    forwards = transformed(subject, transform, own)
    backwards = transformed(subject, transform, own.take(np.arange(len(own))[::-1]))[::-1]
    refuse_difference(subject, forwards, backwards, "transforms an array otherwise after others have been transformed")


@check(_KIND, crash="cannot take an enrolment in another order")
def order_of_enrolment_changes_nothing(subject: Subject) -> None:
    """Statistics are of a set; the order in which the harness hands utterances over means nothing."""
    own = speech("sequences", [TARGET])
    normaliser = fitted(subject)
    given = enrolment_of(own, normaliser.access)
    backwards = Enrolment(
        given.neutral[::-1], given.unlabelled[::-1], given.labelled[::-1], given.labelled_y[::-1].copy()
    )
    straight, turned = (transformed(subject, normaliser.enrol(one), own) for one in (given, backwards))
    refuse_difference(subject, straight, turned, "depends on the order of the enrolment utterances")


@check(_KIND, crash="cannot enrol a speaker with exactly what its access declares")
def it_asks_for_no_more_than_its_access(subject: Subject) -> None:
    """Access is the price of a method; the harness hands over no more."""
    own = speech("sequences", [TARGET])
    normaliser = fitted(subject)
    overstepped = Overstepped()
    try:
        transform = normaliser.enrol(overstepped.beyond(normaliser.access, enrolment_of(own, normaliser.access)))
        transform(own.features[0])
    except AccessError:
        if not overstepped.read:
            raise
    if overstepped.read:
        parts = ", ".join(f"enrolment.{part}" for part in overstepped.read)
        refuse(subject, [f"declares the access '{normaliser.access}' and reads {parts}; declare it in `access`"])


@check(_KIND, crash="cannot be fitted twice")
def fitting_leaves_parameters_alone(subject: Subject) -> None:
    """Parameters say what was asked for; what `fit` finds is kept beside, under names that end in `_`."""
    normaliser: Any = subject.fresh()
    before, attributes = dict(normaliser.parameters()), set(vars(normaliser))
    normaliser.fit(speech("sequences"))
    changed = [name for name, value in normaliser.parameters().items() if value is not before[name]]
    named = [name for name in vars(normaliser).keys() - attributes if not (name.endswith("_") or name.startswith("_"))]
    refuse(
        subject,
        [f"changes its parameter {n} while it is fitted; keep what is found in {n}_" for n in changed]
        + [f"keeps fitted state in {n!r}; such names end in an underscore: {n}_" for n in sorted(named)],
    )


@check(_KIND, crash="cannot be fitted again")
def another_instance_changes_nothing(subject: Subject) -> None:
    """A worker fits one fold after the other; what one learns must not reach another through a class or module."""
    own = speech("sequences", [TARGET])
    normaliser = fitted(subject)
    before = enrolled(subject, normaliser, own)
    fitted(subject, mapped(speech("sequences", take=1), lambda array: 2 * array + 1))
    sentence = "transforms features otherwise once another one was fitted: they share state"
    refuse_difference(subject, before, enrolled(subject, normaliser, own), sentence)


@check(_KIND, crash="changes, or cannot take, arrays that it is handed")
def inputs_are_left_as_they_were(subject: Subject) -> None:
    """Features are shared by all methods of a run; what one writes into them, the next one reads."""
    train, own = speech("sequences"), speech("sequences", [TARGET])
    kept = [array.copy() for part in (train, own) for array in part.features]
    normaliser = fitted(subject, train)
    transform = normaliser.enrol(enrolment_of(own, normaliser.access))
    for array in own.features:
        transform(array)
    now = [array for part in (train, own) for array in part.features]
    if any(not np.array_equal(a, b) for a, b in zip(kept, now, strict=True)):
        refuse(subject, ["changes arrays that it is handed; work on a copy"])


@check(_KIND, crash="needs to write into arrays that it is handed")
def read_only_inputs_are_taken(subject: Subject) -> None:
    """Features come memory-mapped and read-only from the feature store."""
    train, own = (_locked(part) for part in (speech("sequences"), speech("sequences", [TARGET])))
    enrolled(subject, fitted(subject, train), own)


def _locked(of: Utterances) -> Utterances:
    same = utterances(of.features, of.y.tolist(), of.speaker.tolist())
    for array in (*same.features, same.y, same.speaker, same.neutral):
        array.setflags(write=False)
    return same


def _unsavable(subject: Subject) -> str:
    methods: Any = subject.cls
    unsavable = methods.save is Normaliser.save and methods.load is Normaliser.load
    return "it offers no `save`; methods behind it cannot be kept" if unsavable else ""


@check(_KIND, crash="cannot be saved and loaded", lacks=_unsavable)
def saving_and_loading_change_nothing(subject: Subject) -> None:
    """A resumed run and `sabench predict` use what was saved, and a model from elsewhere must not run code."""
    own = speech("sequences", [TARGET])
    normaliser = fitted(subject)
    with tempfile.TemporaryDirectory(prefix="sabench-check-") as folder:
        normaliser.save(Path(folder))
        pickled = [path.name for path in sorted(Path(folder).rglob("*")) if path.is_file() and holds_pickle(path)]
        if pickled:
            refuse(subject, [f"saves a pickle ({', '.join(pickled)}), which can run code; write npz without objects"])
        again: Normaliser = subject.fresh()
        again.load(Path(folder))
    before, after = enrolled(subject, normaliser, own), enrolled(subject, again, own)
    refuse_difference(subject, before, after, "transforms features otherwise once saved and loaded")


CHECKS = (
    the_access_is_a_record,
    it_asks_for_no_more_than_its_access,
    transforms_keep_shape_and_are_finite,
    functionals_and_sequences_are_alike,
    without_enrolment_it_is_the_identity_or_says_so,
    constant_features_stay_finite,
    a_speaker_with_one_utterance_is_served,
    enrol_leaves_the_normaliser_unchanged,
    enrolling_another_speaker_first_changes_nothing,
    each_array_is_transformed_by_itself,
    order_of_enrolment_changes_nothing,
    fitting_leaves_parameters_alone,
    another_instance_changes_nothing,
    inputs_are_left_as_they_were,
    read_only_inputs_are_taken,
    saving_and_loading_change_nothing,
)
