"""ShEMO: 87 Persian speakers of radio plays, six emotions.

Layout: O. Mohamad Nezami et al. 2019.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = {"A": "anger", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness", "W": "surprise"}


class Shemo(RuledDataset):
    """Semi-natural speech, 44.1 kHz mono; `M32S01` says gender and speaker, emotion, and number.

    Classes are uneven (fear is rare), and many speakers show few of them. Task `4class` keeps anger, happiness,
    neutral and sadness.
    """

    name = "shemo"
    title = "ShEMO, Sharif Emotional Speech Database"
    licence = "free for academic use; no licence is stated"
    url = "https://github.com/mansourehk/ShEMO"
    citation = (
        "O. Mohamad Nezami, P. Jamshid Lou, M. Karami: ShEMO: a large-scale validated database for Persian speech "
        "emotion detection. Language Resources and Evaluation 53, 1-16, 2019."
    )
    language = "Persian"
    tasks = ("6class", "4class")
    layout = Layout(
        path=r"(?P<sex>[FM])(?P<number>\d\d)(?P<emotion>[AFHNSW])\d\d",
        example="male/M32S01.wav",
        means="gender and speaker, emotion, number",
        root="the folder with 'male' and 'female'",
        tasks={
            "6class": Task(EMOTIONS, published=3_000),
            "4class": Task({code: EMOTIONS[code] for code in "AHNS"}, published=3_000),
        },
        speaker="{sex}{number}",
        gender=lambda fields: {"F": "female", "M": "male"}[fields["sex"]],
        neutral=("N",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer ShEMO."""
    return {"shemo": Shemo}
