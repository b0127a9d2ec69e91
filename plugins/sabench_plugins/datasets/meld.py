"""MELD: scenes of the television series "Friends", of which the six leads can be benchmarked.

Layout: S. Poria et al. 2019, the archives as published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Fields, Join, Layout, Task, csv_rows
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")
LEADS = {
    **dict.fromkeys(("Chandler", "Joey", "Ross"), "male"),
    **dict.fromkeys(("Monica", "Phoebe", "Rachel"), "female"),
}
PARTITIONS = {"train": "train", "dev": "validation", "test": "test"}


def _labels(split: str) -> Callable[[Path], Iterator[tuple[str, Fields]]]:
    columns = {"who": "Speaker", "emotion": "Emotion", "utterance": "Utterance_ID"}

    def read(path: Path) -> Iterator[tuple[str, Fields]]:
        for dialogue, row in csv_rows("Dialogue_ID", **columns)(path):
            yield f"{split}-dia{dialogue}_utt{row.pop('utterance')}", row

    return read


class Meld(RuledDataset):
    """Audio is extracted by whoever uses it: `ffmpeg -i dia0_utt0.mp4 -vn -ac 1 dia0_utt0.wav`, beside or in place.

    95.8 % of the test rows come from speakers who also train, so that the official split is refused: the protocol is
    LOSO over the six leads. Guests and groups are left out and counted. Ids repeat over splits, so `train-dia0_utt0`.
    """

    name = "meld"
    title = "MELD, Multimodal EmotionLines Dataset"
    licence = "GPL 3.0 for the annotations; the scenes are those of the series"
    url = "https://affective-meld.github.io/"
    citation = (
        "S. Poria, D. Hazarika, N. Majumder, G. Naik, E. Cambria, R. Mihalcea: MELD: A multimodal multi-party dataset "
        "for emotion recognition in conversations. ACL 2019, 527-536."
    )
    language = "English"
    tasks = ("7class",)
    labels_shareable = True
    layout = Layout(
        path=r"[^/]*?(?P<split>train|dev|test)[^/]*/(?:final_videos_test)?(?P<turn>dia\d+_utt\d+)",
        example="train_splits/dia0_utt0.wav",
        root="the folder with train_splits, dev_splits_complete and output_repeated_splits_test (extracted audio)",
        tasks={"7class": Task({name: name for name in EMOTIONS})},
        id="{split}-{turn}",
        speaker=lambda fields: fields["who"] if fields["who"] in LEADS else None,
        gender=lambda fields: LEADS.get(fields["who"]),
        partition=lambda fields: PARTITIONS[fields["split"]],
        nobody="a guest speaks, or several people",
        bad={"train-dia125_utt3|dev-dia110_utt7": "damaged as published"},
        joins=tuple(
            Join(rf"{split}_sent_emo\.csv", "{split}-{turn}", _labels(split), ("7class",), every=True)
            for split in PARTITIONS
        ),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer MELD."""
    return {"meld": Meld}
