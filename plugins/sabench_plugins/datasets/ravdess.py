"""RAVDESS: 24 North American actors who speak and sing two sentences in eight and six emotions.

Layout: S. R. Livingstone, F. A. Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song", 2018.
"""

from __future__ import annotations

from sabench import Dataset, hookimpl
from sabench_plugins.datasets._layout import Layout, Task
from sabench_plugins.datasets._rules import RuledDataset

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
"""By the third part of a file's name, from 01."""
CODES = {f"{number:02}": label for number, label in enumerate(EMOTIONS, start=1)}
_SPEECH, _SONG = {"modality": "03", "channel": "01"}, {"modality": "03", "channel": "02"}


class Ravdess(RuledDataset):
    """Two sentences in eight emotions at two intensities (neutral at one); read at any sampling rate.

    A name like `03-01-05-02-01-02-07` says modality, channel (speech), emotion, intensity, sentence,
    repetition and actor. Actors with odd numbers are men. Task `song` reads the songs of 23 actors (without
    disgust and surprise), all others the speech. Whatever actors and emotions are present are read; the
    classes of a task stay what they are.
    """

    name = "ravdess"
    title = "RAVDESS, speech and song"
    licence = "CC BY-NC-SA 4.0"
    url = "https://zenodo.org/records/1188976"
    citation = (
        "S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS). "
        "PLoS ONE 13(5), e0196391, 2018."
    )
    language = "English"
    tasks = ("8class", "4class", "song")
    labels_shareable = True
    layout = Layout(
        path=r"Actor_\d\d/(?P<modality>\d\d)-(?P<channel>\d\d)-(?P<emotion>0[1-8])-0[12]-(?P<text>\d\d)-\d\d-(?P<actor>\d\d)",
        example="Actor_07/03-01-05-02-01-02-07.wav",
        means="seven numbers",
        root="the folder with Actor_01 to Actor_24, or its parent,",
        tasks={
            "8class": Task(CODES, where=_SPEECH, published=1_440, of=" of speech"),
            "4class": Task({c: CODES[c] for c in ("01", "03", "04", "05")}, "emotion", _SPEECH, 1_440, " of speech"),
            "song": Task({code: CODES[code] for code in list(CODES)[:6]}, "emotion", _SONG, 1_012, " of song"),
        },
        speaker="Actor_{actor}",
        gender=lambda fields: "male" if int(fields["actor"]) % 2 else "female",
        text="{text}",
        neutral=("01",),
    )


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer RAVDESS."""
    return {"ravdess": Ravdess}
