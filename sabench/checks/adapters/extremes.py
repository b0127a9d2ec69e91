"""What real corpora hold sooner or later: speakers of one utterance, absent classes, silence, clips of one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from sabench.checks.adapters.trial import OTHER, TARGET, fit, fitted, fitted_anew, kind_of, predicted, validated
from sabench.checks.check import check, refuse
from sabench.checks.speech import CLASSES, enrolment_of, joined, mapped, speech
from sabench.checks.state import State, changes, state_of
from sabench.checks.subject import Subject
from sabench.interfaces.plugins import Adapter
from sabench.interfaces.views import FeatureView, Memory, Utterances


@check("adapters", crash="fails where a speaker has one utterance")
def a_speaker_with_one_utterance_is_served(subject: Subject) -> None:
    """Corpora have such speakers, in training and as targets; statistics over one utterance must not break."""
    kind = kind_of(subject)
    lonely = speech(kind, [OTHER])
    train = joined(speech(kind), lonely.take(np.flatnonzero(~lonely.neutral)[:1]))
    predicted(subject, fitted_anew(subject, train), speech(kind, [TARGET]).take([0]))


@check("adapters", crash="fails where a class is absent from training")
def a_class_absent_from_training_keeps_its_column(subject: Subject) -> None:
    """A fold may lack a class that others have; the columns stay those of the task."""
    kind = kind_of(subject)
    train = speech(kind)
    present = np.flatnonzero(train.y != CLASSES.index("happy"))
    predicted(subject, fitted_anew(subject, train.take(present)), speech(kind, [TARGET]))


@check("adapters", crash="fails on silence")
def silence_is_survived(subject: Subject) -> None:
    """Recordings hold silence, and a control draw enrols zeros; probabilities stay finite."""
    kind = kind_of(subject)
    silent = mapped(speech(kind, [TARGET]), np.zeros_like)
    some = mapped(speech(kind, range(3), n_per_class=1), lambda array: np.full_like(array, array.min()))
    predicted(subject, fitted_anew(subject, joined(speech(kind), some)), silent)
    adapter = fitted(subject)
    spoken = speech(kind, [TARGET])
    predictor = adapter.enrol(enrolment_of(silent, adapter.access))
    if not np.isfinite(np.asarray(predictor.predict_proba(spoken.features))).all():
        refuse(subject, ["gives probabilities that are not finite to a speaker enrolled with zeros"])


def _functionals(subject: Subject) -> str:
    return "" if kind_of(subject) == "sequences" else "functionals of a short clip have the shape of all others"


@check("adapters", crash="fails on clips of one frame", lacks=_functionals)
def clips_of_one_frame_are_survived(subject: Subject) -> None:
    """Corpora hold clips shorter than any network's receptive field, in training, enrolment and test."""
    kind = kind_of(subject)
    short = mapped(speech(kind, range(3), n_per_class=1), lambda array: array[:1])
    adapter = fitted_anew(subject, joined(speech(kind), short))
    predicted(subject, adapter, mapped(speech(kind, [TARGET]), lambda array: array[:1]))


@check("adapters", crash="changes, or cannot take, arrays that it is handed")
def inputs_are_left_as_they_were(subject: Subject) -> None:
    """Features are shared by all methods of a run; what one writes into them, the next one reads."""
    changed = _run_over(subject, lambda arrays: arrays)
    refuse(subject, [f"changes {what} that it is handed; work on a copy" for what in changed])


@check("adapters", crash="needs to write into arrays that it is handed")
def read_only_inputs_are_taken(subject: Subject) -> None:
    """Features come memory-mapped and read-only from the feature store."""
    _run_over(subject, _locked)


def _run_over(subject: Subject, prepare: Callable[[Iterable[np.ndarray]], Iterable[np.ndarray]]) -> list[str]:
    """Fit, enrol and predict over prepared arrays; returns which of them changed."""
    kind = kind_of(subject)
    parts = {
        "training data": speech(kind),
        "validation data": speech(kind, [OTHER]),
        "target data": speech(kind, [TARGET]),
    }
    held = {name: _held(part, prepare) for name, part in parts.items()}
    before = {name: state_of(part) for name, part in held.items()}
    adapter: Adapter = subject.fresh()
    validation = [validated(adapter, held["validation data"])] if adapter.uses_validation else []
    fit(adapter, held["training data"], validation)
    enrolment = enrolment_of(held["target data"], adapter.access)
    adapter.enrol(enrolment).predict_proba(held["target data"].features)
    return [name for name, part in held.items() if _content_changed(before[name], part)]


def _held(part: Utterances, prepare: Callable[[Iterable[np.ndarray]], Iterable[np.ndarray]]) -> Utterances:
    y, speaker, neutral = prepare([part.y, part.speaker, part.neutral])
    return Utterances(FeatureView(Memory(prepare(part.features))), y, speaker, neutral, part.classes)


def _content_changed(before: State, part: Utterances) -> bool:
    """Whether anything that was there differs; what an object caches beside it does not count."""
    return any(path in before and not path.endswith(">") for path in changes(before, state_of(part)))


def _locked(arrays: Iterable[np.ndarray]) -> list[np.ndarray]:
    locked = [array.copy() for array in arrays]
    for array in locked:
        array.setflags(write=False)
    return locked


CHECKS = (
    a_speaker_with_one_utterance_is_served,
    a_class_absent_from_training_keeps_its_column,
    silence_is_survived,
    clips_of_one_frame_are_survived,
    inputs_are_left_as_they_were,
    read_only_inputs_are_taken,
)
