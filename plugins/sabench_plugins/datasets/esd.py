"""ESD: ten Mandarin and ten English speakers, five emotions, 350 sentences in each.

Layout: K. Zhou et al. 2022; with the subsets of its voice conversion experiments, or without.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = ("Angry", "Happy", "Neutral", "Sad", "Surprise")
WOMEN = ("0001", "0002", "0003", "0007", "0009", "0015", "0016", "0017", "0018", "0019")
"""[guess] From memory of the corpus's list of speakers; the others are men."""
_SENTENCES = 350
_LABELS = {name: name.lower() for name in EMOTIONS}


class Esd(RuledDataset):
    """Parallel sentences, 16 kHz mono; `0011/Angry/0011_000351.wav` says speaker, emotion and number.

    Tasks are per language: speakers 0001 to 0010 speak Mandarin, the others English. The folders train, evaluation
    and test are parts of each speaker's own utterances, not of speakers, and are ignored. A number is the sentence
    plus 350 for every emotion before.
    """

    name = "esd"
    title = "ESD, Emotional Speech Database"
    licence = "for research only"
    url = "https://hltsingapore.github.io/ESD/"
    citation = (
        "K. Zhou, B. Sisman, R. Liu, H. Li: Emotional voice conversion: Theory, databases and ESD. "
        "Speech Communication 137, 1-18, 2022."
    )
    language = "English and Mandarin"
    tasks = ("english", "mandarin")
    layout = Layout(
        path=rf"(?P<speaker>00[012]\d)/(?P<emotion>{'|'.join(EMOTIONS)})/(?:[^/]+/)?(?P=speaker)_(?P<number>\d{{6}})",
        example="0011/Angry/train/0011_000351.wav",
        means="speaker, emotion, subset, number",
        root="the folder with 0001 to 0020",
        tasks={
            "english": Task(_LABELS, where={"speaker": "001[1-9]|0020"}, published=17_500, of=" of English"),
            "mandarin": Task(_LABELS, where={"speaker": "000[1-9]|0010"}, published=17_500, of=" of Mandarin"),
        },
        gender=lambda fields: "female" if fields["speaker"] in WOMEN else "male",
        text=lambda fields: f"{(int(fields['number']) - 1) % _SENTENCES + 1:03}",
        neutral=("Neutral",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer ESD."""
    return {"esd": Esd}
