"""What every plugin is held to, whatever its kind: parameters, identity, the way to a worker."""

from __future__ import annotations

import json
from typing import Any, Final

from sabench.checks.check import check, refuse
from sabench.checks.subject import Subject
from sabench.hashing import canonical, plain
from sabench.registry.parameters import resolve
from sabench.registry.registry import component

EVERY: Final = ("datasets", "features", "normalisers", "adapters")


@check(*EVERY, crash="cannot be described", formal=True)
def it_says_what_it_is(subject: Subject) -> None:
    """Tables, hashes and users need a name, a title and a version; the name is the one that users type."""
    faults = [
        f"has the {what} {value!r}; expected a text that is not empty"
        for what in ("name", "title", "version")
        if not (isinstance(value := getattr(subject.cls, what, None), str) and value.strip())
    ]
    if subject.registered not in (None, subject.cls.name):
        faults.append(f"is registered as {subject.registered!r} and calls itself {subject.cls.name!r}")
    refuse(subject, faults)


@check(*EVERY, crash="cannot be built from its own parameters", formal=True)
def the_constructor_stores_its_arguments(subject: Subject) -> None:
    """A run is identified by the parameters that a plugin shows; what is not stored untouched would not be true."""
    given = resolve(subject.cls, subject.title, subject.plugin.parameters())
    stored = subject.cls(**given).parameters()
    changed = [name for name, value in given.items() if not _same(stored[name], value)]
    refuse(subject, [f"was given {n}={given[n]!r} and stores {stored[n]!r}; store it untouched" for n in changed])


@check(*EVERY, crash="has parameters that cannot be written and read", formal=True)
def parameters_round_trip(subject: Subject) -> None:
    """Plans, results and hashes keep parameters as JSON; the same plugin must come out of it."""
    before = component(subject.title, subject.plugin)
    read = json.loads(canonical(before.parameters))
    after = component(subject.title, subject.cls(**resolve(subject.cls, subject.title, read)))
    differing = [name for name in before.parameters if before.parameters[name] != after.parameters[name]]
    refuse(
        subject,
        [f"has {n}={before.parameters[n]!r}, which comes back from JSON as {after.parameters[n]!r}" for n in differing],
    )


@check(*EVERY, crash="cannot be handed to a worker process", formal=True)
def it_travels_to_a_worker(subject: Subject) -> None:
    """Cells run in other processes and on other machines; an unfitted plugin is pickled on the way."""
    import cloudpickle  # type: ignore[import-untyped]  # what loky and Dask pickle with

    there = cloudpickle.loads(cloudpickle.dumps(subject.fresh()))
    if plain(there.parameters()) != plain(subject.plugin.parameters()):
        refuse(subject, ["has other parameters once it has been handed to a worker process"])


def _same(stored: Any, given: Any) -> bool:
    return stored is given or (type(stored) is type(given) and bool(stored == given))


CHECKS = (
    it_says_what_it_is,
    the_constructor_stores_its_arguments,
    parameters_round_trip,
    it_travels_to_a_worker,
)
