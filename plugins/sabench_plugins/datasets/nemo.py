"""nEMO: nine Polish actors, six emotions, 90 sentences that are said in all of them.

Layout: the repository amu-cai/nEMO; checked against its `data.tsv`.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = ("anger", "fear", "happiness", "neutral", "sadness", "surprised")
MEN = ("KS0", "MP0", "SM0", "TP0", "WR0")
WOMEN = ("EB0", "IC0", "KD0", "MK0")


class Nemo(RuledDataset):
    """Acted sentences of 2 s, 24 kHz mono; a name like `EB0_anger_1` says speaker, emotion and sentence.

    About 500 utterances a speaker; MK0 is never surprised, and of MP0 there are 256 utterances.
    """

    name = "nemo"
    title = "nEMO, Dataset of Emotional Speech in Polish"
    licence = "CC BY-NC-SA 4.0"
    url = "https://github.com/amu-cai/nEMO"
    citation = "I. Christop: nEMO: Dataset of Emotional Speech in Polish. LREC-COLING 2024, 12111-12116."
    language = "Polish"
    tasks = ("6class", "4class")
    labels_shareable = True
    layout = Layout(
        path=rf"(?P<speaker>[A-Z]{{2}}\d)_(?P<emotion>{'|'.join(EMOTIONS)})_(?P<text>\d+)",
        example="samples/EB0_anger_1.wav",
        means="speaker, emotion, sentence",
        root="the folder with 'samples', or its parent,",
        tasks={
            "6class": Task({name: name for name in EMOTIONS}, published=4_481),
            "4class": Task({name: name for name in ("anger", "happiness", "neutral", "sadness")}, published=4_481),
        },
        speakers=(*MEN, *WOMEN),
        gender=lambda fields: "male" if fields["speaker"] in MEN else "female",
        text="{text}",
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer nEMO."""
    return {"nemo": Nemo}
