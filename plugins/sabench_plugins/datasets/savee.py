"""SAVEE: four Englishmen, seven emotions.

Layout: S. Haq, P. J. B. Jackson 2009; as published, and flat as in a copy that many use.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
COMMON_TEXTS = ("01", "02", "03")
"""[guess] Numbers of the three sentences that are said in all emotions; from memory of the corpus's list of texts."""


def _text(fields: Fields) -> str:
    number = fields["text"]
    return number if number in COMMON_TEXTS else f"{fields['emotion']}{number}"


class Savee(RuledDataset):
    """Read TIMIT sentences, 44.1 kHz mono; `DC/a01.wav` or `DC_a01.wav` says speaker, emotion and sentence.

    Of 15 sentences an emotion three are common to all, the others are said in it alone (or neutral).
    """

    name = "savee"
    title = "SAVEE, Surrey Audio-Visual Expressed Emotion"
    licence = "free for research, on registration"
    url = "http://kahlan.eps.surrey.ac.uk/savee/"
    citation = "S. Haq, P. J. B. Jackson: Speaker-dependent audio-visual emotion recognition. AVSP 2009, 53-58."
    language = "English"
    tasks = ("7class", "4class")
    layout = Layout(
        path=r"(?P<speaker>DC|JE|JK|KL)[/_](?P<emotion>sa|su|[adfhn])(?P<text>\d\d)",
        example="DC/a01.wav",
        means="speaker, emotion, sentence",
        root="the folder with DC, JE, JK and KL, or with DC_a01.wav,",
        tasks={
            "7class": Task(EMOTIONS, published=480),
            "4class": Task({code: EMOTIONS[code] for code in ("a", "h", "n", "sa")}, published=480),
        },
        id="{speaker}_{emotion}{text}",
        speakers=("DC", "JE", "JK", "KL"),
        gender=lambda fields: "male",
        text=_text,
        neutral=("n",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer SAVEE."""
    return {"savee": Savee}
