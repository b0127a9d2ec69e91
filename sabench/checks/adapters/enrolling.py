"""What enrolment may do: look at what is declared, and leave everything else as it was."""

from __future__ import annotations

import numpy as np

from sabench.checks.adapters.trial import OTHER, TARGET, fitted, held, kind_of, predicted, refuse_difference
from sabench.checks.blind import Overstepped
from sabench.checks.check import check, refuse
from sabench.checks.speech import enrolment_of, speech
from sabench.checks.state import changes, state_of
from sabench.checks.subject import Subject
from sabench.errors import AccessError
from sabench.interfaces.views import Utterances

_TOLD = 3


@check("adapters", crash="cannot enrol a speaker")
def enrol_leaves_the_adapter_unchanged(subject: Subject) -> None:
    """One fitted adapter serves all target speakers; what one leaves behind in it would reach the next."""
    adapter = fitted(subject)
    before = state_of(adapter)
    predicted(subject, adapter, speech(kind_of(subject), [TARGET]))
    changed = changes(before, state_of(adapter))
    if changed:
        shown = ", ".join(changed[:_TOLD]) + (" ..." if len(changed) > _TOLD else "")
        refuse(subject, [f"changes itself while it enrols a speaker or predicts ({shown}); keep that in the predictor"])


@check("adapters", crash="cannot enrol one speaker after another")
def enrolling_another_speaker_first_changes_nothing(subject: Subject) -> None:
    """The order of target speakers is chance; a speaker's result must not depend on who came before."""
    kind = kind_of(subject)
    alone = predicted(subject, fitted(subject), speech(kind, [TARGET]))
    adapter = fitted(subject)
    predicted(subject, adapter, speech(kind, [OTHER]))
    after = predicted(subject, adapter, speech(kind, [TARGET]))
    sentence = "predicts a speaker otherwise when another one was enrolled before"
    refuse_difference(subject, alone, after, sentence)


@check("adapters", crash="cannot serve two speakers in turn")
def predictors_do_not_share_what_they_keep(subject: Subject) -> None:
    """Two speakers may be enrolled before either is predicted; each predictor stays that of its own speaker."""
    kind = kind_of(subject)
    own, others = speech(kind, [TARGET]), speech(kind, [OTHER])
    adapter = fitted(subject)
    alone = predicted(subject, adapter, own)
    mine = adapter.enrol(enrolment_of(own, adapter.access))
    adapter.enrol(enrolment_of(others, adapter.access)).predict_proba(others.features)
    after = held(subject, mine.predict_proba(own.features), own)
    refuse_difference(subject, alone, after, "has predictors that change when another speaker is enrolled")


@check("adapters", crash="cannot enrol a speaker with exactly what its access declares")
def it_asks_for_no_more_than_its_access(subject: Subject) -> None:
    """Access is a method's price; the harness hands over no more, and a method that uses more is not the one named."""
    own = speech(kind_of(subject), [TARGET])
    adapter = fitted(subject)
    overstepped = Overstepped()
    enrolment = overstepped.beyond(adapter.access, enrolment_of(own, adapter.access))
    try:
        adapter.enrol(enrolment).predict_proba(own.features)
    except AccessError:
        if not overstepped.read:
            raise
    if overstepped.read:
        parts = ", ".join(f"enrolment.{part}" for part in overstepped.read)
        refuse(subject, [f"declares the access '{adapter.access}' and reads {parts}; declare it in `access`"])


@check("adapters", crash="looks for labels where there are none")
def permuted_target_labels_change_nothing(subject: Subject) -> None:
    """A method that finds the labels it is scored by, by whatever way, gets a score that means nothing."""
    truthful, permuted = (_predicted_beside_labels(subject, turn) for turn in (0, 1))
    sentence = "predicts otherwise when the labels that it is scored by are permuted: it has found them"
    refuse_difference(subject, truthful, permuted, sentence)


def _predicted_beside_labels(subject: Subject, turn: int) -> np.ndarray:
    """Predict while the labels, turned by so many classes, lie about: with the features and in this very frame."""
    adapter = fitted(subject)
    own = speech(kind_of(subject), [TARGET], take=3)
    enrolment = enrolment_of(own, adapter.access)
    target = Utterances(own.features, (own.y + turn) % len(own.classes), own.speaker, own.neutral, own.classes)
    del own
    target.features.y = target.y  # type: ignore[attr-defined]  # the bait
    return held(subject, adapter.enrol(enrolment).predict_proba(target.features), target)


CHECKS = (
    enrol_leaves_the_adapter_unchanged,
    enrolling_another_speaker_first_changes_nothing,
    predictors_do_not_share_what_they_keep,
    it_asks_for_no_more_than_its_access,
    permuted_target_labels_change_nothing,
)
