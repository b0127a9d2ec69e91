"""Any database in audformat, from a folder or published with audb."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sabench import Corpus, Dataset, DatasetError, Fault, PluginLoadError, hookimpl, simulation_of, utterance_table
from sabench_plugins.datasets import _cells
from sabench_plugins.datasets._audformat_columns import Column, Segment
from sabench_plugins.datasets._audformat_settings import SETTINGS, Settings
from sabench_plugins.datasets._reading import refuse_unknown_task
from sabench_plugins.datasets.table import NEUTRAL_NAMES

if TYPE_CHECKING:
    import audformat

for _module in ("audformat", "audb"):
    if importlib.util.find_spec(_module) is None:
        _msg = f"it needs the module {_module!r}. Install it with: pip install 'sabench[audb]'"
        raise PluginLoadError(_msg)

HEADER = "db.yaml"
"""The file that makes a folder a database in audformat."""


class Audformat(Dataset):
    """A database in audformat (https://audeering.github.io/audformat/).

    The root is a database's folder (with `db.yaml`, tables and media), or a folder with a file `sabench.toml` that
    names a published one, which audb then loads (and keeps in its own cache):

        name = "emodb"
        version = "1.4.1"

    In either folder that file may also say which schemes, columns or tables are meant: `emotion = "emotion"`,
    `speaker = "speaker"`, `tables = ["emotion.categories.test.gold_standard"]`, and which labels may serve as
    neutral enrolment: `neutral = ["neutral"]`.

    Utterances are the rows with an emotion, filewise or segmented, in the order of file and start; speaker, gender and
    session are found for the same segment or else for its file. Classes are the labels in use, in the order of their
    scheme. Splits of type train, dev and test become partitions.
    """

    name = "audformat"
    title = "a database in audformat"
    licence = "that of the database"
    url = "https://audeering.github.io/audformat/"
    citation = "that of the database"
    tasks = ("emotion",)

    def load(self, root: Path, task: str) -> Corpus:
        """Read tables; audio is not looked at beyond whether it is there."""
        refuse_unknown_task(self, task)
        root = root.absolute()
        settings = Settings.read(root)
        database = _open(root, settings)
        emotions = _emotions(database, settings)
        rows, faults = _rows(database, settings, emotions)
        neutral = _neutral(settings, emotions)
        for row in rows:
            row["neutral"] = row["label"] in neutral
        notes = (_provenance(database, settings), _told_neutral(neutral))
        simulation = simulation_of(Path(database.root))
        table = utterance_table(rows)
        return Corpus(self.name, task, emotions.labels, table, root, tuple(faults), notes, simulation)


def _open(root: Path, settings: Settings) -> audformat.Database:
    import audformat

    if (root / HEADER).is_file():
        try:
            return audformat.Database.load(str(root), load_data=True)
        except Exception as error:  # whatever a parser of YAML, CSV or parquet raises
            msg = f"{root / HEADER} cannot be read as a database in audformat: {_sentence(error)}"
            raise DatasetError(msg) from error
    if settings.name is None:
        msg = (
            f"{root} holds no database in audformat; expected {HEADER} and its tables, "
            f"or a file {SETTINGS} with the name and version of a published one."
        )
        raise DatasetError(msg)
    return _published(settings)


def _published(settings: Settings) -> audformat.Database:
    import audb

    try:
        database = audb.load(settings.name, version=settings.version, verbose=False)
    except Exception as error:  # whatever a repository, a network or an archive raises
        msg = (
            f"audb cannot load {settings.name!r} in version {settings.version}: {_sentence(error)} "
            "See audb.available() for what its repositories offer; the first time it needs a network."
        )
        raise DatasetError(msg) from error
    if database is None:
        msg = f"audb gave up loading {settings.name!r} after its timeout; try again."
        raise DatasetError(msg)
    return database


def _emotions(database: audformat.Database, settings: Settings) -> Column:
    emotions = Column.read(database, settings.emotion, settings.tables)
    if not len(emotions):
        msg = (
            f"Database {database.name!r} has no labels for {settings.emotion!r}. Its schemes: "
            f"{', '.join(database.schemes) or 'none'}; its tables: {', '.join(database.tables) or 'none'}. "
            f'Say which one is meant in {SETTINGS}, for example: emotion = "arousal"'
        )
        raise DatasetError(msg)
    if emotions.continuous:
        msg = (
            f"{settings.emotion!r} of database {database.name!r} is a scale, not a set of classes. "
            f'Name another scheme in {SETTINGS}, for example: emotion = "emotion"'
        )
        raise DatasetError(msg)
    return emotions


def _rows(
    database: audformat.Database, settings: Settings, emotions: Column
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return the utterances, and what is wrong with others."""
    others = {name: Column.read(database, name) for name in ("gender", "session")}
    others["speaker"] = Column.read(database, settings.speaker, map_labels=False)
    partitions = list(_partitions(database, settings))
    rows, faults = [], []
    for segment, label in emotions.items():
        try:
            row = _row(database, segment, {name: column.of(segment) for name, column in others.items()})
            rows.append({**row, "label": label, "partition": _partition(segment, partitions)})
        except ValueError as error:
            faults.append(Fault(str(error), segment.id))
    if not len(others["speaker"]):
        schemes = ", ".join(database.schemes)
        sentence = f"No speakers: there is no scheme or column {settings.speaker!r}. Its schemes: {schemes}."
        faults = [Fault(f'{sentence} Name it in {SETTINGS}, for example: speaker = "actor"')]
    return rows, [*faults, *_unlabelled(emotions)]


def _row(database: audformat.Database, segment: Segment, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return an utterance; raises ValueError with what is wrong."""
    path = Path(database.root) / segment.file
    speaker = _cells.text(cells["speaker"])
    if speaker is None:
        msg = "this utterance has an emotion and no speaker."
        raise ValueError(msg)
    if not path.exists():
        msg = f"the audio {segment.file!r} is not there; expected it in the folder of the database."
        raise ValueError(msg)
    return {
        "id": segment.id,
        "path": str(path),
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "speaker": speaker,
        "gender": _cells.gender(cells["gender"]),
        "session": _cells.text(cells["session"]),
    }


def _partitions(database: audformat.Database, settings: Settings) -> Iterator[tuple[str, Column]]:
    names = {"train": "train", "dev": "validation", "test": "test"}
    for split_id, split in database.splits.items():
        if str(split.type) in names:
            yield names[str(split.type)], Column.read(database, settings.emotion, settings.tables, split=split_id)


def _partition(segment: Segment, partitions: list[tuple[str, Column]]) -> str | None:
    """Return the only partition that an utterance is in; raises ValueError where there are several."""
    splits = sorted({name for name, column in partitions if segment in column})
    if len(splits) > 1:
        msg = f"this utterance is in several splits: {', '.join(splits)}."
        raise ValueError(msg)
    return splits[0] if splits else None


def _unlabelled(emotions: Column) -> list[Fault]:
    if not emotions.n_missing:
        return []
    return [Fault(f"{emotions.n_missing} rows have no emotion and are left out.", fatal=False)]


def _neutral(settings: Settings, emotions: Column) -> tuple[str, ...]:
    if settings.neutral is None:
        return tuple(label for label in emotions.labels if label.lower() in NEUTRAL_NAMES)
    unknown = [label for label in settings.neutral if label not in emotions.labels]
    if unknown:
        msg = f"{SETTINGS} calls {', '.join(unknown)} neutral; the labels are {', '.join(emotions.labels)}."
        raise DatasetError(msg)
    return settings.neutral


def _told_neutral(neutral: tuple[str, ...]) -> str:
    if not neutral:
        return f"No utterance counts as neutral: no label of that name, and none named in {SETTINGS}."
    return f"Neutral enrolment comes from the label {' and '.join(map(repr, neutral))}."


def _provenance(database: audformat.Database, settings: Settings) -> str:
    version = f" {settings.version}" if settings.name else ""
    return f"Database {database.name}{version}, licence: {database.license or 'not said'}."


def _sentence(error: BaseException) -> str:
    words = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {words}." if words else f"{type(error).__name__}."


@hookimpl
def sabench_datasets() -> dict[str, type[Dataset]]:
    """Offer databases in audformat."""
    return {"audformat": Audformat}
