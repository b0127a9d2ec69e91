"""CREMA-D: 91 actors, twelve sentences, six emotions, as acted and as voted by listeners.

Layout: H. Cao et al. 2014; the repository CheyneyComputerScience/CREMA-D.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Join, Layout, Task, csv_rows
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral", "SAD": "sadness"}
FOUR = ("ANG", "HAP", "NEU", "SAD")


def _votes(path: Path) -> Iterator[tuple[str, Fields]]:
    """Yield the emotion that most listeners heard in the voice; several letters are a tie."""
    for name, row in csv_rows("FileName", vote="VoiceVote")(path):
        yield name, {"vote": row["vote"] if len(row["vote"]) == 1 else "tie"}


class CremaD(RuledDataset):
    """Acted sentences, 16 kHz mono; a name like `1001_DFA_ANG_XX` says actor, sentence, emotion and level.

    Task `voted` takes what most listeners heard instead of what was acted; ties are left out and counted. Without
    `VideoDemographics.csv` the gender of speakers is not known. There is no official split.
    """

    name = "crema-d"
    title = "CREMA-D, Crowd-sourced Emotional Multimodal Actors Dataset"
    licence = "Open Database License (ODbL) 1.0"
    url = "https://github.com/CheyneyComputerScience/CREMA-D"
    citation = (
        "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma: CREMA-D: Crowd-sourced emotional "
        "multimodal actors dataset. IEEE Transactions on Affective Computing 5(4), 377-390, 2014."
    )
    language = "English"
    tasks = ("acted", "acted-4class", "voted")
    labels_shareable = True
    layout = Layout(
        path=rf"(?P<speaker>1\d{{3}})_(?P<text>[A-Z]{{3}})_(?P<emotion>{'|'.join(EMOTIONS)})_(?:LO|MD|HI|XX?)",
        example="AudioWAV/1001_DFA_ANG_XX.wav",
        means="actor, sentence, emotion, level",
        root="the folder with 'AudioWAV'",
        tasks={
            "acted": Task(EMOTIONS, published=7_442),
            "acted-4class": Task({code: EMOTIONS[code] for code in FOUR}, published=7_442),
            "voted": Task({code[0]: label for code, label in EMOTIONS.items()}, "vote", published=7_442),
        },
        speakers=tuple(map(str, range(1001, 1092))),
        gender=lambda fields: fields.get("sex", "").lower() or None,
        text="{text}",
        neutral=("NEU", "N"),
        left_out={"tie": "no emotion has most votes"},
        bad={
            r"1076_MTI_SAD_XX": "silent as published",
            r"1076_MTI_NEU_XX\.mp3|1064_TIE_SAD_XX\.mp3": "damaged as published",
        },
        joins=(
            Join(r"VideoDemographics\.csv", "{speaker}", csv_rows("ActorID", sex="Sex")),
            Join(r"summaryTable\.csv", "{name}", _votes, tasks=("voted",)),
        ),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer CREMA-D."""
    return {"crema-d": CremaD}
