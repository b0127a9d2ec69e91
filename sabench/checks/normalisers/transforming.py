"""What a transform is: a function of one array, whatever the speaker, the kind and the length."""

from __future__ import annotations

import numpy as np

from sabench.checks.check import check, refuse
from sabench.checks.normalisers.trial import KINDS, OTHER, TARGET, enrolled, fitted, refuse_difference, transformed
from sabench.checks.speech import enrolment_of, joined, mapped, speech, utterances
from sabench.checks.subject import Subject
from sabench.errors import SabenchError
from sabench.interfaces.records import Access
from sabench.interfaces.views import Enrolment, Utterances

_KIND = "normalisers"


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


@check(_KIND, crash="cannot transform an array alone")
def each_array_is_transformed_by_itself(subject: Subject) -> None:
    """Features are read lazily, in any order and more than once; a transform keeps nothing from array to array."""
    own = speech("sequences", [TARGET])
    normaliser = fitted(subject)
    transform = normaliser.enrol(enrolment_of(own, normaliser.access))
    forwards = transformed(subject, transform, own)
    backwards = transformed(subject, transform, own.take(np.arange(len(own))[::-1]))[::-1]
    refuse_difference(subject, forwards, backwards, "transforms an array otherwise after others have been transformed")


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


CHECKS = (
    transforms_keep_shape_and_are_finite,
    functionals_and_sequences_are_alike,
    without_enrolment_it_is_the_identity_or_says_so,
    constant_features_stay_finite,
    a_speaker_with_one_utterance_is_served,
    each_array_is_transformed_by_itself,
    inputs_are_left_as_they_were,
    read_only_inputs_are_taken,
)
