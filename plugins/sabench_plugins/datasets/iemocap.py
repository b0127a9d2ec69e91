"""IEMOCAP: ten actors in five dyadic sessions.

Layout: C. Busso et al., "IEMOCAP: Interactive emotional dyadic motion capture database", 2008.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sabench import Corpus, Dataset, DatasetError, Fault, Progress, hookimpl, simulation_of, utterance_table
from sabench_plugins.datasets._published import quoted_by_seed, seed_rows
from sabench_plugins.datasets._reading import audio_files, lines, refuse_unknown_task, relative
from sabench_plugins.datasets._words import shown

CLASSES = ("ang", "hap", "neu", "sad")
N_UTTERANCES = {"4class": 4_490, "4class-exc": 5_531, "4class-impro": 2_280, "4class-exc-impro": 2_943}
"""Of the published corpus; those of the improvised tasks as the literature commonly gives them."""
_PLAIN = {name: name for name in CLASSES}
_MERGED = {**_PLAIN, "exc": "hap"}
_LABEL_OF = {"4class": _PLAIN, "4class-exc": _MERGED, "4class-impro": _PLAIN, "4class-exc-impro": _MERGED}
_IMPROVISED = "_impro"
SESSIONS = tuple(f"Session{number}" for number in range(1, 6))
_KNOWN = (*CLASSES, "exc", "fru", "fea", "sur", "dis", "oth", "xxx")
_TURN = re.compile(r"\[\s*([\d.]+) - ([\d.]+)\s*\]\t(\S+)\t(\S+)\t\[.*\]")
_ID = re.compile(r"(Ses\d+)[FM]_\S*_([FM])[^_\s]*")
_GENDERS = {"F": "female", "M": "male"}


class Iemocap(Dataset):
    """Improvised and scripted dialogues, one woman and one man a session; 16 kHz mono.

    The speaker is the session plus the letter of the *last* part of an id: `Ses01F_impro01_M000` is
    `Ses01M`. The letter of the dialogue says who wore the markers, not who speaks. Tasks with `exc`
    merge excitement into happiness, those with `impro` read improvised dialogues alone: in scripted ones the
    text tells the emotion, and all sessions say it. Turns of other emotions, or without majority, are left out.
    """

    name = "iemocap"
    title = "IEMOCAP"
    licence = "release form of the University of Southern California, for research only; labels may not be shared"
    url = "https://sail.usc.edu/iemocap/"
    citation = (
        "C. Busso, M. Bulut, C.-C. Lee, A. Kazemzadeh, E. Mower, S. Kim, J. N. Chang, S. Lee, S. S. Narayanan: "
        "IEMOCAP: Interactive emotional dyadic motion capture database. "
        "Language Resources and Evaluation 42(4), 335-359, 2008."
    )
    language = "English"
    tasks = ("4class", "4class-exc", "4class-impro", "4class-exc-impro")
    default_protocol = "loso"
    can_simulate = True
    simulation_version = "3"
    reported = (
        *seed_rows(
            "4class",
            "Table 3",
            {"SVM": 48.9, "SVM-NORM": 50.3, "ResNet": 52.3, "ResNet-NORM": 47.1, "TwoChannel": 52.0, "eResNet": 56.5},
            "Its counts per class (1,747/658/1,782/1,074) match no standard set.",
        ),
        quoted_by_seed(
            "MEnAN (Li et al. 2020)",
            "4class",
            "Table 3",
            59.9,
            "menan",
            "Excitement merged into happiness (as in 4class-exc); training set extended by augmentation. Printed as "
            "its authors report it, doi 10.1109/icassp40776.2020.9054580.",
        ),
        quoted_by_seed(
            "Cross-gradient training (Tu et al. 2019)",
            "4class",
            "Table 3",
            57.3,
            "crossgrad",
            "Five-fold cross-validation instead of leave-one-speaker-out. Which of its authors' two trainings it is, "
            "is not said: the relative gain of 7.4 % beside it is that of cross-gradient training in their abstract "
            "(arXiv:1903.09606), where domain-adversarial training has 5.6 %.",
        ),
    )

    def load(self, root: Path, task: str) -> Corpus:
        """Read the label files of all sessions, in the order of sessions, dialogues and lines."""
        refuse_unknown_task(self, task)
        base, faults = _base(root.absolute())
        rows: list[dict[str, Any]] = []
        for file in _label_files(base, task):
            for number, turn in _turns(file, base, task):
                if isinstance(turn, str):
                    faults.append(Fault(turn, relative(file, base), number))
                else:
                    rows.append(turn)
        simulation = simulation_of(base)
        if simulation is None and len(rows) != N_UTTERANCES[task]:
            missing = [name for name in SESSIONS if not (base / name / "dialog" / "EmoEvaluation").is_dir()]
            which = f" Missing sessions: {', '.join(missing)}." if missing else ""
            sentence = (
                f"This copy has {len(rows)} usable utterances; the published corpus has {N_UTTERANCES[task]}.{which}"
            )
            faults.append(Fault(sentence, fatal=False))
        return Corpus(self.name, task, CLASSES, utterance_table(rows), base, tuple(faults), (), simulation)

    def simulate(
        self,
        root: Path,
        *,
        scale: float = 0.05,
        seed: int = 0,
        speaker_effect: float = 1.0,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Write a simulated twin in the layout that `load` reads."""
        from sabench_plugins.simulation.iemocap import simulate

        simulate(root, scale=scale, seed=seed, speaker_effect=speaker_effect, jobs=jobs, progress=progress)


def _base(root: Path) -> tuple[Path, list[Fault]]:
    """Return the folder that holds the most sessions, the root or one up to two below it; other copies are told."""
    below = [root / "IEMOCAP_full_release", *sorted(path for path in root.glob("*") if path.is_dir())]
    deeper = [folder / "IEMOCAP_full_release" for folder in below]
    copies = {
        folder: sum((folder / name / "dialog" / "EmoEvaluation").is_dir() for name in SESSIONS)
        for folder in (root, *below, *deeper)
    }
    copies = {folder: count for folder, count in copies.items() if count}
    if not copies:
        msg = (
            f"{root} holds no Session1/dialog/EmoEvaluation; expected the folder with Session1 to Session5 "
            "(often named IEMOCAP_full_release), or its parent, as the root."
        )
        raise DatasetError(msg)
    base = max(copies, key=lambda folder: copies[folder])  # the first of those that hold as many
    others = ", ".join(relative(folder, root) for folder in copies if folder != base)
    sentence = f"The corpus is there more than once: {relative(base, root)} is read, {others} is not."
    return base, [Fault(sentence, fatal=False)] if others else []


def _label_files(base: Path, task: str) -> Iterator[Path]:
    """Yield the majority labels of dialogues; the folders beside them hold the files of single raters."""
    for path in sorted(base.glob("Session[1-5]/dialog/EmoEvaluation/*.txt")):
        if path.name.startswith("."):  # `._` files are left by macOS
            continue
        if not task.endswith("impro") or _IMPROVISED in path.stem:
            yield path


def _turns(file: Path, base: Path, task: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield line number and utterance, or what is wrong with the line; raters' lines are passed over."""
    audio = audio_files(file.parents[2] / "sentences" / "wav" / file.stem)
    seen: set[str] = set()
    for number, line in lines(file, encoding="latin-1"):
        if not line.startswith("["):
            continue
        turn = _TURN.fullmatch(line)
        if turn is None:
            yield number, f"expected '[start - end]<TAB>turn<TAB>emotion<TAB>[V, A, D]', found {shown(line)}."
        elif turn[4] not in _KNOWN:
            yield number, f"unknown label {shown(turn[4])} of {shown(turn[3])}; expected one of {', '.join(_KNOWN)}."
        elif turn[3] in seen:
            yield number, f"the turn {turn[3]!r} is there twice."
        elif turn[4] in _LABEL_OF[task]:
            seen.add(turn[3])
            yield number, _utterance(turn[3], _LABEL_OF[task][turn[4]], audio, file)


def _utterance(name: str, label: str, audio: dict[str, Path], file: Path) -> dict[str, Any] | str:
    parts = _ID.fullmatch(name)
    if parts is None:
        return f"expected a turn like 'Ses01F_impro01_M000', found {name!r}."
    if name not in audio:
        return f"the audio of {name!r} is not there; expected 'sentences/wav/{file.stem}/{name}.wav' in its session."
    return {
        "id": name,
        "path": str(audio[name]),
        "speaker": parts[1] + parts[2],
        "gender": _GENDERS[parts[2]],
        "label": label,
        "neutral": label == "neu",
        "session": parts[1],
    }


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer IEMOCAP."""
    return {"iemocap": Iemocap}
