"""MSP-Podcast: emotional turns found in podcasts, with labels by crowd workers.

Layout: R. Lotfian, C. Busso 2019, and the releases since; as public readers have it.
"""

from __future__ import annotations

from collections import Counter

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Join, Layout, Task, csv_rows
from sabench_plugins.datasets._rules import RuledDataset

FOUR = {"A": "angry", "H": "happy", "S": "sad", "N": "neutral"}
EIGHT = {**FOUR, "U": "surprise", "F": "fear", "D": "disgust", "C": "contempt"}
PARTITIONS = {"train": "train", "validation": "validation", "development": "validation", "test1": "test"}
"""Turns of Test2 and Test3 are in no partition; LOSO may use them."""


def _release(recordings: list[Fields]) -> tuple[str, ...]:
    """Say which release it is by what tells them apart: how many turns each of its sets has."""
    counts = Counter(fields["set"] for fields in recordings if "set" in fields)
    return ("Release with " + ", ".join(f"{count} turns of {name}" for name, count in sorted(counts.items())) + ".",)


class MspPodcast(RuledDataset):
    """Natural speech, 16 kHz mono; one label a turn, by plurality; speakers as far as they are known.

    Turns without agreement (X), with another emotion (O) or of speaker "Unknown", who is many, are left out and
    counted. The release is told by its numbers of turns, on the card: results of two releases do not compare.
    """

    name = "msp-podcast"
    title = "MSP-Podcast"
    licence = "academic licence of the University of Texas at Dallas; labels may not be shared"
    url = "https://lab-msp.com/MSP/MSP-Podcast.html"
    citation = (
        "R. Lotfian, C. Busso: Building naturalistic emotionally balanced speech corpus by retrieving emotional speech "
        "from existing podcast recordings. IEEE Transactions on Affective Computing 10(4), 471-483, 2019."
    )
    language = "English"
    tasks = ("4class", "8class")
    default_protocol = "challenge"
    layout = Layout(
        path=r"MSP-PODCAST_\d+_\d+(?:_\d+)?",
        example="Audios/MSP-PODCAST_0001_0008.wav",
        root="the folder with 'Audios' and 'Labels'",
        tasks={"4class": Task(FOUR), "8class": Task(EIGHT)},
        speaker=lambda fields: None if fields["who"].lower() in ("unknown", "") else fields["who"],
        gender=lambda fields: {"female": "female", "male": "male"}.get(fields["sex"].lower()),
        partition=lambda fields: PARTITIONS.get(fields["set"].lower()),
        neutral=("N",),
        left_out={"X": "listeners do not agree", "O": "another emotion than the eight"},
        joins=(
            Join(
                r"labels_con[cs]ensus\.csv",
                "{name}",
                csv_rows("FileName", emotion="EmoClass", who="SpkrID", sex="Gender", set="Split_Set"),
                tasks=("4class", "8class"),
                every=True,
            ),
        ),
        notes=_release,
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer MSP-Podcast."""
    return {"msp-podcast": MspPodcast}
