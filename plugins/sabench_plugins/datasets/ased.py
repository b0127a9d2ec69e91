"""ASED: 65 Ethiopian speakers, five emotions, in Amharic.

Layout: the repository Ethio2021/ASED_V1; checked against all 2,474 file names.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {"n": "neutral", "f": "fear", "h": "happy", "s": "sad", "a": "angry"}
WOMEN = (*(f"{number:02}" for number in range(1, 38, 2)), "43", "47", "48", "49", "58", "62")
COMMON_TEXTS = ("01", "02")
"""Sentences that are said in all emotions; the other five of each emotion are said in it alone."""


def _text(fields: Fields) -> str:
    number = fields["text"]
    return number if number in COMMON_TEXTS else f"{EMOTIONS[fields['emotion'].lower()]}-{number}"


class Ased(RuledDataset):
    """Read sentences of 2 to 4 s; a name like `n1-01-02-01-17` says emotion, text, repetition, gender, speaker.

    Most sentences belong to one emotion each, so that the text tells the label; task `common` keeps the two
    sentences that are said in all of them. Five speakers have one file each whose name bears the other gender.
    """

    name = "ased"
    title = "ASED, Amharic Speech Emotion Dataset"
    licence = "none is stated; freely available for download"
    url = "https://github.com/Ethio2021/ASED_V1"
    citation = (
        "E. A. Retta, E. Almekhlafi, R. Sutcliffe, M. Mhamed, H. Ali, J. Feng: A new Amharic speech emotion dataset "
        "and classification benchmark. ACM TALLIP 22(1), 2023, doi 10.1145/3529759."
    )
    language = "Amharic"
    tasks = ("5class", "common")
    layout = Layout(
        path=r"(?P<emotion>[nfhsaNFHSA])[1-5]-(?P<text>\d\d)-\d\d-(?P<gender>0[12])-(?P<speaker>\d\d)",
        example="01Neutral/n1-01-02-01-17.wav",
        means="emotion, text, repetition, gender, speaker",
        root="the folder with 01Neutral to 05Angry",
        tasks={
            "5class": Task(EMOTIONS, published=2_474),
            "common": Task(EMOTIONS, where={"text": "0[12]"}, published=624, of=" of the two common sentences"),
        },
        gender=lambda fields: "female" if fields["speaker"] in WOMEN else "male",
        text=_text,
        neutral=("n",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer ASED."""
    return {"ased": Ased}
