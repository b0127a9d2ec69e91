"""RAVDESS, the speech part: 24 North American actors, eight emotions.

Layout: S. R. Livingstone, F. A. Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song", 2018.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sabench import Corpus, Dataset, DatasetError, Fault, hookimpl, simulation_of, utterance_table
from sabench_plugins.datasets._reading import audio_files, refuse_unknown_task, relative

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
"""By the third part of a file's name, from 01."""
CLASSES = {"8class": EMOTIONS, "4class": ("neutral", "happy", "sad", "angry")}
N_UTTERANCES = 1_440
_NAME = re.compile(r"(\d\d)-(\d\d)-(0[1-8])-(0[12])-(\d\d)-(\d\d)-(\d\d)")
_AUDIO_ONLY, _SPEECH = "03", "01"


class Ravdess(Dataset):
    """Two sentences, spoken in eight emotions at two intensities (neutral at one); read at any sampling rate.

    A name like `03-01-05-02-01-02-07` says modality, channel (speech), emotion, intensity, sentence,
    repetition and actor. Actors with odd numbers are men. Songs and films in the same folders are left
    out. Whatever actors and emotions are present are read; the classes of a task stay what they are.
    """

    name = "ravdess"
    title = "RAVDESS, speech"
    licence = "CC BY-NC-SA 4.0"
    url = "https://zenodo.org/records/1188976"
    citation = (
        "S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS). "
        "PLoS ONE 13(5), e0196391, 2018."
    )
    language = "English"
    tasks = ("8class", "4class")
    labels_shareable = True

    def load(self, root: Path, task: str) -> Corpus:
        """Read actor and emotion from file names in `root/Actor_*`, in sorted order."""
        refuse_unknown_task(self, task)
        base = _base(root.absolute())
        rows, faults = [], []
        for name, path in _recordings(base):
            parts = _NAME.fullmatch(name)
            if parts is None:
                told = f"expected a name like '03-01-05-02-01-02-07.wav' (seven numbers), found {path.name!r}."
                faults.append(Fault(told, relative(path, base)))
            elif (parts[1], parts[2]) == (_AUDIO_ONLY, _SPEECH):
                rows.append(_row(name, path, actor=parts[7], label=EMOTIONS[int(parts[3]) - 1]))
        if len(rows) != N_UTTERANCES:
            told = f"This copy has {len(rows)} utterances of speech; the published corpus has {N_UTTERANCES}."
            faults.append(Fault(told, fatal=False))
        table = utterance_table(row for row in rows if row["label"] in CLASSES[task])
        return Corpus(self.name, task, CLASSES[task], table, base, tuple(faults), simulation=simulation_of(base))


def _base(root: Path) -> Path:
    """Return the folder that holds the actors: the root, or one folder below it."""
    for folder in (root, *sorted(path for path in root.glob("*") if path.is_dir())):
        if any(folder.glob("Actor_*")):
            return folder
    msg = f"{root} holds no folder Actor_01; expected the folder with Actor_01 to Actor_24, or its parent, as the root."
    raise DatasetError(msg)


def _recordings(base: Path) -> Iterator[tuple[str, Path]]:
    for folder in sorted(base.glob("Actor_*")):
        yield from audio_files(folder).items()


def _row(name: str, path: Path, *, actor: str, label: str) -> dict[str, object]:
    return {
        "id": name,
        "path": str(path),
        "speaker": f"Actor_{actor}",
        "gender": "male" if int(actor) % 2 else "female",
        "label": label,
        "neutral": label == "neutral",
    }


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer RAVDESS."""
    return {"ravdess": Ravdess}
