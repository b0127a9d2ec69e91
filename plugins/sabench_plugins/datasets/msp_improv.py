"""MSP-IMPROV: twelve actors in six dyadic sessions.

Layout: C. Busso et al. 2017, as public readers have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Join, Layout, Task
from sabench_plugins.datasets._reading import lines
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}
_LINE = re.compile(r"[A-Z]+-IMPROV-(\S+?)\.\w+;\s*([A-Z])\s*;.*")  # the prefix differs from the recordings'


def _labels(path: Path) -> Iterator[tuple[str, Fields]]:
    """Yield the label by plurality of every turn; lines of single listeners are passed over."""
    for _, line in lines(path):
        if match := _LINE.fullmatch(line):
            yield match[1], {"emotion": match[2]}


class MspImprov(RuledDataset):
    """A name like `MSP-IMPROV-S01A-F01-P-FM01` says sentence and scenario, speaker, kind of turn and turn.

    A speaker is letter and number together: numbers repeat across sexes and name the session. Turns without
    agreement (X) or with another emotion (O) are left out and counted. The sentence is known of the target
    sentences, improvised (T) and read (R).
    """

    name = "msp-improv"
    title = "MSP-IMPROV"
    licence = "academic licence of the University of Texas at Dallas; labels may not be shared"
    url = "https://lab-msp.com/MSP/MSP-Improv.html"
    citation = (
        "C. Busso, S. Parthasarathy, A. Burmania, M. AbdelWahab, N. Sadoughi, E. M. Provost: MSP-IMPROV: An acted "
        "corpus of dyadic interactions to study emotion perception. IEEE Trans. Affective Computing 8(1), 67-80, 2017."
    )
    language = "English"
    tasks = ("4class",)
    layout = Layout(
        path=r"MSP-IMPROV-(?P<turn>(?P<text>S\d\d)[A-Z]-(?P<sex>[FM])(?P<session>\d\d)-(?P<kind>[PRST])-[FM]{2}\d\d)",
        example="session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav",
        means="sentence and scenario, speaker, kind, turn",
        root="the folder with session1 to session6 and Evaluation.txt, or its parent,",
        tasks={"4class": Task(EMOTIONS, published=8_438)},
        speaker="{sex}{session}",
        speakers=tuple(f"{sex}{number:02}" for number in range(1, 7) for sex in "FM"),
        gender=lambda fields: {"F": "female", "M": "male"}[fields["sex"]],
        session="{session}",
        text=lambda fields: fields["text"] if fields["kind"] in "RT" else None,
        neutral=("N",),
        left_out={"X": "listeners do not agree", "O": "another emotion than the four"},
        joins=(Join(r"Evaluation\.txt", "{turn}", _labels, tasks=("4class",), every=True),),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer MSP-IMPROV."""
    return {"msp-improv": MspImprov}
