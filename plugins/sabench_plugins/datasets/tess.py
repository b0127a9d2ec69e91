"""TESS: two Canadian women, seven emotions, 200 words in each.

Layout: M. K. Pichora-Fuller, K. Dupuis 2020.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "ps": "surprise",
    "sad": "sadness",
}


def _speaker(fields: Fields) -> str:
    return fields["speaker"].upper()[:2] + "F"


class Tess(RuledDataset):
    """A carrier phrase and a word in seven emotions, 24.4 kHz mono; `OAF_back_angry` says speaker, word and emotion.

    `ps` is pleasant surprise; `OA_` for `OAF_` occurs. Two speakers are too few for LOSO.
    """

    name = "tess"
    title = "TESS, Toronto Emotional Speech Set"
    licence = "CC BY-NC-ND 4.0"
    url = "https://doi.org/10.5683/SP2/E8H2MF"
    citation = (
        "M. K. Pichora-Fuller, K. Dupuis: Toronto emotional speech set (TESS). Borealis, 2020, doi 10.5683/SP2/E8H2MF."
    )
    language = "English"
    tasks = ("7class", "4class")
    layout = Layout(
        path=rf"(?P<speaker>OAF?|YAF?)_(?P<text>[A-Za-z]+)_(?P<emotion>{'|'.join(EMOTIONS)})",
        example="OAF_angry/OAF_back_angry.wav",
        means="speaker, word, emotion",
        root="the folder with OAF_angry to YAF_sad, or with all files",
        tasks={
            "7class": Task(EMOTIONS, published=2_800),
            "4class": Task({code: EMOTIONS[code] for code in ("angry", "happy", "neutral", "sad")}, published=2_800),
        },
        id=lambda fields: f"{_speaker(fields)}_{fields['text'].lower()}_{fields['emotion']}",
        speaker=_speaker,
        speakers=("OAF", "YAF"),
        gender=lambda fields: "female",
        text=lambda fields: fields["text"].lower(),
        remarks=(
            "Two speakers are too few for LOSO; use this corpus to train on, or to test a model of other corpora.",
        ),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer TESS."""
    return {"tess": Tess}
