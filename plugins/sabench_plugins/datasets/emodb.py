"""EmoDB: ten German actors, seven emotions.

Layout: F. Burkhardt et al., "A database of German emotional speech", Interspeech 2005.
"""

from __future__ import annotations

import re
from pathlib import Path

from sabench import Corpus, Dataset, DatasetError, Fault, hookimpl, simulation_of, utterance_table
from sabench_plugins.datasets._reading import audio_files, refuse_unknown_task, relative

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
"""By the letter at index 5 of a file's name: German words, English labels."""
CLASSES = {
    "7class": ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"),
    "4class": ("anger", "happiness", "neutral", "sadness"),
}
MALE_SPEAKERS = ("03", "10", "11", "12", "15")
N_UTTERANCES = 535
_NAME = re.compile(r"(\d\d)([a-z]\d\d)([WLEAFTN])([a-z])?")


class Emodb(Dataset):
    """Acted sentences; a name like `03a01Fa` says speaker, text, emotion and version; 16 kHz mono.

    All utterances are read in the order of file names. Task `4class` keeps anger, happiness, neutral
    and sadness.
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

    def load(self, root: Path, task: str) -> Corpus:
        """Read speaker and emotion from file names in `root/wav`, or in the root itself."""
        refuse_unknown_task(self, task)
        root = root.absolute()
        audio = audio_files(root / "wav") or audio_files(root)
        if not audio:
            msg = f"{root} holds no WAV files; expected the folder with 'wav', or the folder 'wav' itself, as the root."
            raise DatasetError(msg)
        rows, faults = [], []
        for name, path in audio.items():
            parts = _NAME.fullmatch(name)
            if parts is None:
                told = f"expected a name like '03a01Fa.wav' (speaker, text, emotion, version), found {path.name!r}."
                faults.append(Fault(told, relative(path, root)))
            else:
                rows.append(_row(name, path, parts[1], EMOTIONS[parts[3]]))
        if len(rows) != N_UTTERANCES:
            told = f"This copy has {len(rows)} utterances; the published corpus has {N_UTTERANCES}."
            faults.append(Fault(told, fatal=False))
        table = utterance_table(row for row in rows if row["label"] in CLASSES[task])
        simulation = simulation_of(next(iter(audio.values())).parent)
        return Corpus(self.name, task, CLASSES[task], table, root, tuple(faults), simulation=simulation)


def _row(name: str, path: Path, speaker: str, label: str) -> dict[str, object]:
    return {
        "id": name,
        "path": str(path),
        "speaker": speaker,
        "gender": "male" if speaker in MALE_SPEAKERS else "female",
        "label": label,
        "neutral": label == "neutral",
    }


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer EmoDB."""
    return {"emodb": Emodb}
