"""What enrolment and fit may do: look at what is declared, and leave everything else as it was."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sabench.checks.blind import Overstepped
from sabench.checks.check import check, refuse
from sabench.checks.normalisers.trial import OTHER, TARGET, enrolled, fitted, refuse_difference, transformed
from sabench.checks.pickles import holds_pickle
from sabench.checks.speech import enrolment_of, mapped, speech
from sabench.checks.state import changes, state_of
from sabench.checks.subject import Subject
from sabench.errors import AccessError
from sabench.interfaces.plugins import Normaliser
from sabench.interfaces.records import Access
from sabench.interfaces.views import Enrolment

_KIND = "normalisers"


@check(_KIND, crash="has an access that cannot be read", formal=True)
def the_access_is_a_record(subject: Subject) -> None:
    """The plan adds a normaliser's price to the adapter's before anything runs."""
    access = subject.plugin.access  # type: ignore[attr-defined]  # a normaliser
    if not isinstance(access, Access):
        refuse(subject, [f"has the access {access!r}; expected a sabench.Access"])


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


@check(_KIND, crash="cannot enrol a speaker")
def enrol_leaves_the_normaliser_unchanged(subject: Subject) -> None:
    """One fitted normaliser serves all speakers of a fold; what one leaves behind in it would reach the next."""
    normaliser = fitted(subject)
    before = state_of(normaliser)
    enrolled(subject, normaliser, speech("sequences", [TARGET]))
    changed = changes(before, state_of(normaliser))
    if changed:
        refuse(
            subject,
            [f"changes itself while it enrols a speaker ({', '.join(changed[:3])}); return a transform instead"],
        )


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
    enrol_leaves_the_normaliser_unchanged,
    enrolling_another_speaker_first_changes_nothing,
    order_of_enrolment_changes_nothing,
    fitting_leaves_parameters_alone,
    another_instance_changes_nothing,
    saving_and_loading_change_nothing,
)
