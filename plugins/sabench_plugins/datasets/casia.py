"""CASIA: four Mandarin speakers, six emotions.

Layout: the part of 1,200 utterances that is distributed, as public readers have it.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = ("angry", "fear", "happy", "neutral", "sad", "surprise")


def _speaker(fields: Fields) -> str:
    """Return the speaker in one spelling; that of one differs between copies."""
    name = fields["speaker"].lower()
    return "liuchanhong" if name.startswith("liu") else name


class Casia(RuledDataset):
    """The same 50 sentences in every emotion, 16 kHz mono; `wangzhe/angry/201.wav` says speaker, emotion, sentence.

    The gender of speakers is not in the files and stays unknown.
    """

    name = "casia"
    title = "CASIA Chinese Emotional Speech Corpus"
    licence = "distributed by ChineseLDC on a licence agreement"
    url = "http://www.chineseldc.org/resource_info.php?rid=76"
    citation = (
        "Institute of Automation, Chinese Academy of Sciences: CASIA Chinese emotional speech corpus. ChineseLDC, 2005."
    )
    language = "Mandarin"
    tasks = ("6class", "4class")
    layout = Layout(
        path=rf"(?i:(?P<speaker>liuchang?h[on]*g|wangzhe|zhaoquanyin|zhaozuoxiang)/(?P<emotion>{'|'.join(EMOTIONS)}))/(?P<text>\d+)",
        example="wangzhe/angry/201.wav",
        means="speaker, emotion, sentence",
        root="the folder of the four speakers",
        tasks={
            "6class": Task({name: name for name in EMOTIONS}, published=1_200),
            "4class": Task({name: name for name in ("angry", "happy", "neutral", "sad")}, published=1_200),
        },
        id=lambda fields: f"{_speaker(fields)}-{fields['emotion'].lower()}-{fields['text']}",
        speaker=_speaker,
        speakers=("liuchanhong", "wangzhe", "zhaoquanyin", "zhaozuoxiang"),
        text="{text}",
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer CASIA."""
    return {"casia": Casia}
