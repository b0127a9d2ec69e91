"""The tables of a published comparison beside what is measured here. Which comparison, a plugin says."""

from sabench.publication.carrying import Carried, Request, Step, carry, estimate, steps
from sabench.publication.differing import deviations
from sabench.publication.layout import Publication, names, publication, read
from sabench.publication.outcome import Outcome, outcome

__all__ = [
    "Carried",
    "Outcome",
    "Publication",
    "Request",
    "Step",
    "carry",
    "deviations",
    "estimate",
    "names",
    "outcome",
    "publication",
    "read",
    "steps",
]
