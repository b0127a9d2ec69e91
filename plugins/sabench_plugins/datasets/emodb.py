"""EmoDB: ten German actors, seven emotions.

Layout: F. Burkhardt et al., "A database of German emotional speech", Interspeech 2005.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "N": "neutral",
    "T": "sadness",
}
"""By the letter at index 5 of a file's name: German words, English labels."""
MALE_SPEAKERS = ("03", "10", "11", "12", "15")


class Emodb(RuledDataset):
    """Acted sentences; a name like `03a01Fa` says speaker, text, emotion and version; 16 kHz mono.

    Task `4class` keeps anger, happiness, neutral and sadness. All speakers say the same ten sentences.
    """

    name = "emodb"
    title = "EmoDB, Berlin Database of Emotional Speech"
    licence = "CC0 1.0"
    url = "http://emodb.bilderbar.info/"
    citation = (
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss: A database of German emotional speech. "
        "Interspeech 2005, 1517-1520."
    )
    language = "German"
    tasks = ("7class", "4class")
    labels_shareable = True
    layout = Layout(
        path=r"(?P<speaker>\d\d)(?P<text>[a-z]\d\d)(?P<emotion>[WLEAFTN])[a-z]?",
        example="03a01Fa.wav",
        means="speaker, text, emotion, version",
        root="the folder with 'wav', or the folder 'wav' itself,",
        tasks={
            "7class": Task(EMOTIONS, published=535),
            "4class": Task({code: EMOTIONS[code] for code in "WFNT"}, published=535),
        },
        speakers=("03", "08", "09", "10", "11", "12", "13", "14", "15", "16"),
        gender=lambda fields: "male" if fields["speaker"] in MALE_SPEAKERS else "female",
        text="{text}",
        neutral=("N",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer EmoDB."""
    return {"emodb": Emodb}
