"""A small tree of made audio for every reader: two speakers or more, each in every emotion of every task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from pathlib import Path

from speech import DIALOGUE, write_aibo, write_dialogue, write_noise

from sabench.testing import make_corpus


def _tree(files: Iterable[str], tables: Mapping[str, str] | None = None) -> Callable[[Path], Path]:
    """Return what writes recordings, and tables of labels beside them."""
    names, texts = tuple(files), dict(tables or {})

    def write(root: Path) -> Path:
        for name in names:
            write_noise(root / name)
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return root

    return write


def _each(speakers: Iterable[str], emotions: Iterable[str], name: str) -> list[str]:
    """Return the names of one recording for every speaker and emotion."""
    return [name.format(who=who, emotion=emotion) for who, emotion in product(speakers, emotions)]


def _children(root: Path) -> Path:
    labels = [("IDL", "N"), ("NEG", "A"), ("NEG", "E"), ("IDL", "P"), ("IDL", "R")]
    speakers = ("Mont_01", "Ohm_01", "Ohm_31", "Ohm_32")
    return write_aibo(root, [(f"{speaker}_000_0{i}", *two) for speaker in speakers for i, two in enumerate(labels)])


def _dialogues(root: Path) -> Path:
    more = (
        "[25.0 - 26.0]\tSes01F_impro01_M003\tsad\t[2.5, 2.5, 2.5]\n[27.0 - 28.0]\tSes01F_impro01_M004\tang\t[2, 2, 2]\n"
    )
    write_dialogue(root, text=DIALOGUE + more)
    return root


_ACTS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
_VOTED = _each(("1001", "1002"), _ACTS, "{who}_DFA_{emotion}_XX")
_LEADS = {"train": "Joey", "dev": "Ross", "test": "Rachel"}
_FELT = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")
_TURNS = _each(("F01", "M01"), "AHNS", "S01{emotion}-{who}-P-FM01")
_PODCAST = [
    (f"MSP-PODCAST_000{who}_000{number}.wav", emotion, f"12{who}", split)
    for who, split in ((1, "Train"), (2, "Test1"))
    for number, emotion in enumerate("AHSNUFDC")
]

CORPORA: Mapping[str, Callable[[Path], Path]] = {
    "aibo": _children,
    "ased": _tree(_each(("17", "02"), "nfhsa", "all/{emotion}1-01-01-01-{who}.wav")),
    "casia": _tree(
        _each(
            ("wangzhe", "zhaoquanyin"),
            ("angry", "fear", "happy", "neutral", "sad", "surprise"),
            "{who}/{emotion}/201.wav",
        )
    ),
    "crema-d": _tree(
        [f"AudioWAV/{name}.wav" for name in _VOTED],
        {"processedResults/summaryTable.csv": "FileName,VoiceVote\n" + "".join(f"{n},{n[9]}\n" for n in _VOTED)},
    ),
    "emodb": _tree(_each(("03", "08"), "WLEAFTN", "wav/{who}a01{emotion}a.wav")),
    "emovo": _tree(
        _each(("f1", "m3"), ("dis", "gio", "neu", "pau", "rab", "sor", "tri"), "{who}/{emotion}-{who}-b1.wav")
    ),
    "esd": _tree(
        f"{who}/{emotion}/{who}_{350 * number + 1:06}.wav"
        for who in ("0001", "0002", "0011", "0012")
        for number, emotion in enumerate(("Angry", "Happy", "Neutral", "Sad", "Surprise"))
    ),
    "iemocap": _dialogues,
    "meld": _tree(
        [f"{split}_splits/dia0_utt{n}.wav" for split in _LEADS for n in range(len(_FELT))],
        {
            f"{split}_sent_emo.csv": "Speaker,Emotion,Dialogue_ID,Utterance_ID\n"
            + "".join(f"{who},{emotion},0,{n}\n" for n, emotion in enumerate(_FELT))
            for split, who in _LEADS.items()
        },
    ),
    "msp-improv": _tree(
        [f"session1/S01/P/MSP-IMPROV-{turn}.wav" for turn in _TURNS],
        {"Evaluation.txt": "".join(f"UTD-IMPROV-{turn}.avi; {turn[3]}; A:3.0;\n" for turn in _TURNS)},
    ),
    "msp-podcast": _tree(
        [f"Audios/{name}" for name, *_ in _PODCAST],
        {
            "Labels/labels_consensus.csv": "FileName,EmoClass,SpkrID,Gender,Split_Set\n"
            + "".join(f"{name},{emotion},{who},Female,{split}\n" for name, emotion, who, split in _PODCAST)
        },
    ),
    "nemo": _tree(
        _each(
            ("EB0", "KS0"),
            ("anger", "fear", "happiness", "neutral", "sadness", "surprised"),
            "samples/{who}_{emotion}_1.wav",
        )
    ),
    "ravdess": _tree(
        [
            f"Actor_{who}/03-{part}-{n:02}-01-01-01-{who}.wav"
            for who in ("01", "02")
            for part in ("01", "02")
            for n in range(1, 9)
        ]
    ),
    "savee": _tree(_each(("DC", "KL"), ("a", "d", "f", "h", "n", "sa", "su"), "{who}/{emotion}01.wav")),
    "shemo": _tree(_each(("M32", "F01"), "AFHNSW", "all/{who}{emotion}01.wav")),
    "table": make_corpus,
    "tess": _tree(
        _each(
            ("OAF", "YAF"),
            ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad"),
            "{who}/{who}_back_{emotion}.wav",
        )
    ),
}
