"""EMOVO: six Italian actors, seven emotions, 14 sentences.

Layout: G. Costantini et al. 2014.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {
    "dis": "disgust",
    "gio": "joy",
    "neu": "neutral",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
}
"""Italian words: disgusto, gioia, neutro, paura, rabbia, sorpresa, tristezza."""


class Emovo(RuledDataset):
    """Acted sentences, 48 kHz, stereo but for one file; `dis-f1-b1` says emotion, actor and sentence.

    All actors say all 14 sentences in all emotions.
    """

    name = "emovo"
    title = "EMOVO, Italian Emotional Speech Database"
    licence = "free for research; no licence is stated"
    url = "http://voice.fub.it/activities/corpora/emovo/index.html"
    citation = (
        "G. Costantini, I. Iaderola, A. Paoloni, M. Todisco: EMOVO Corpus: an Italian Emotional Speech Database. "
        "LREC 2014, 3501-3504."
    )
    language = "Italian"
    tasks = ("7class", "4class")
    layout = Layout(
        path=r"(?P<emotion>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>[fm][123])-(?P<text>[bdln]\d)",
        example="f1/dis-f1-b1.wav",
        means="emotion, actor, sentence",
        root="the folder with f1 to m3",
        tasks={
            "7class": Task(EMOTIONS, published=588),
            "4class": Task({code: EMOTIONS[code] for code in ("gio", "neu", "rab", "tri")}, published=588),
        },
        speakers=("f1", "f2", "f3", "m1", "m2", "m3"),
        gender=lambda fields: {"f": "female", "m": "male"}[fields["speaker"][0]],
        text="{text}",
        neutral=("neu",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer EMOVO."""
    return {"emovo": Emovo}
