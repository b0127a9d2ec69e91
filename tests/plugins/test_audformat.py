import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from sabench import DatasetError, PluginLoadError
from sabench.checks import parametrize_with_checks
from sabench.corpora import loading
from sabench.registry.registry import Registry
from sabench_plugins.datasets.audformat_ import Audformat

audformat = pytest.importorskip("audformat", reason="the extra audb is not installed")
audb = pytest.importorskip("audb", reason="the extra audb is not installed")

# Raised inside audformat and audb, which have not caught up with pandas 3.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

FILES = [f"wav/{name}.wav" for name in "abcd"]
EMOTIONS = ["neutral", "joy", "joy", "neutral"]


def media(root: Path) -> None:
    (root / "wav").mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(FILES):
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, 16_000).astype(np.float32)
        soundfile.write(root / file, noise, 16_000)


def database(root: Path):
    """A database whose speakers have genders and are told by file, in a table of their own."""
    media(root)
    db = audformat.Database("tiny", license=audformat.define.License.CC0_1_0)
    db.schemes["emotion"] = audformat.Scheme(labels=["neutral", "joy", "anger"])
    db.schemes["speaker"] = audformat.Scheme(labels={1: {"gender": "female"}, 2: {"gender": "male"}})
    column(db, "files", "speaker", audformat.filewise_index(FILES), [1, 1, 2, 2])
    return db


def column(db, table: str, name: str, index, values, *, scheme: str | None = "", split_id: str | None = None) -> None:
    if table not in db.tables:
        db[table] = audformat.Table(index, split_id=split_id)
    db[table][name] = audformat.Column(scheme_id=name if scheme == "" else scheme)
    db[table][name].set(values)


def filewise(root: Path, emotions=EMOTIONS):
    db = database(root)
    column(db, "emotion", "emotion", audformat.filewise_index(FILES), emotions)
    return db


def load(root: Path, db=None, settings: str = ""):
    if db is not None:
        db.save(str(root))
    if settings:
        (root / "sabench.toml").write_text(settings, encoding="utf-8")
    return Audformat().load(root, "emotion")


def test_files_with_speakers_and_emotions_become_a_corpus(tmp_path):
    corpus = load(tmp_path, filewise(tmp_path))
    table = loading.prepare(corpus).table
    assert corpus.faults == ()
    assert table["id"].tolist() == FILES
    assert table["speaker"].tolist() == ["1", "1", "2", "2"]
    assert table["gender"].tolist() == ["female", "female", "male", "male"]
    assert table["label"].tolist() == EMOTIONS
    assert table["neutral"].tolist() == [True, False, False, True]
    assert table["duration_s"].tolist() == [1.0] * 4


def test_classes_are_the_labels_in_use_in_the_order_of_the_scheme(tmp_path):
    assert load(tmp_path, filewise(tmp_path)).classes == ("neutral", "joy")


def test_the_card_says_which_database_and_where_neutral_comes_from(tmp_path):
    assert load(tmp_path, filewise(tmp_path)).notes == (
        "Database tiny, licence: CC0-1.0.",
        "Neutral enrolment comes from the label 'neutral'.",
    )


def test_segments_take_the_speaker_of_their_file(tmp_path):
    db = database(tmp_path)
    index = audformat.segmented_index(
        [FILES[2], FILES[0], FILES[0]], starts=["0s", "0.5s", "0s"], ends=[pd.NaT, "0.75s", "0.5s"]
    )
    column(db, "emotion", "emotion", index, ["joy", "joy", "neutral"])
    table = load(tmp_path, db).table
    assert table["id"].tolist() == ["wav/a.wav[0.000-0.500]", "wav/a.wav[0.500-0.750]", "wav/c.wav"]
    assert table["speaker"].tolist() == ["1", "1", "2"]
    assert table["label"].tolist() == ["neutral", "joy", "joy"]
    assert table["start_s"].tolist() == [0.0, 0.5, 0.0]
    assert table["end_s"].tolist()[:2] == [0.5, 0.75]
    assert math.isnan(table["end_s"][2])


def test_splits_become_partitions(tmp_path):
    db = database(tmp_path)
    for number, kind in enumerate(("train", "dev", "test")):
        db.splits[f"my-{kind}"] = audformat.Split(type=kind)
        index = audformat.filewise_index(FILES[number : number + 1])
        column(db, f"emotion.{kind}", "emotion", index, ["joy"], split_id=f"my-{kind}")
    assert load(tmp_path, db).table["partition"].tolist() == ["train", "validation", "test"]


def test_an_utterance_in_two_splits_is_told(tmp_path):
    db = filewise(tmp_path)
    for kind in ("train", "test"):
        db.splits[kind] = audformat.Split(type=kind)
        column(db, f"emotion.{kind}", "emotion", audformat.filewise_index(FILES[:1]), ["neutral"], split_id=kind)
    assert [str(fault) for fault in load(tmp_path, db).faults] == [
        "wav/a.wav: this utterance is in several splits: test, train."
    ]


def test_rows_without_emotion_are_left_out_and_counted(tmp_path):
    corpus = load(tmp_path, filewise(tmp_path, ["neutral", None, "joy", None]))
    assert corpus.table["id"].tolist() == [FILES[0], FILES[2]]
    assert [(str(fault), fault.fatal) for fault in corpus.faults] == [
        ("2 rows have no emotion and are left out.", False)
    ]


def test_missing_audio_and_missing_speakers_are_told(tmp_path):
    db = database(tmp_path)
    column(db, "emotion", "emotion", audformat.filewise_index([*FILES, "wav/e.wav"]), [*EMOTIONS, "joy"])
    (tmp_path / FILES[1]).unlink()
    assert [str(fault) for fault in load(tmp_path, db).faults] == [
        "wav/b.wav: the audio 'wav/b.wav' is not there; expected it in the folder of the database.",
        "wav/e.wav: this utterance has an emotion and no speaker.",
    ]


def test_other_schemes_and_tables_can_be_named(tmp_path):
    db = filewise(tmp_path)
    index = audformat.filewise_index(FILES)
    column(db, "acted", "mood", index, ["calm", "wild", "wild", "calm"], scheme=None)
    column(db, "acted", "actor", index, ["x", "y", "x", "y"], scheme=None)
    corpus = load(tmp_path, db, 'emotion = "mood"\nspeaker = "actor"\ntables = ["acted"]\nneutral = ["calm"]\n')
    assert corpus.classes == ("calm", "wild")
    assert corpus.table["speaker"].tolist() == ["x", "y", "x", "y"]
    assert corpus.table["neutral"].tolist() == [True, False, False, True]


def test_tables_that_contradict_each_other_are_refused_until_one_is_named(tmp_path):
    db = filewise(tmp_path)
    column(db, "other", "emotion", audformat.filewise_index(FILES[:1]), ["joy"])
    with pytest.raises(DatasetError, match=r"do not agree on 'emotion'.*Choose some in sabench.toml.*emotion, files"):
        load(tmp_path, db)
    assert load(tmp_path, settings='tables = ["emotion"]').table["label"].tolist() == EMOTIONS


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('emotion = "mood"', "no labels for 'mood'. Its schemes: emotion, speaker; its tables: emotion, files"),
        ('tables = ["gold"]', "names the table gold; database 'tiny' has emotion, files"),
        ('neutral = ["calm"]', "calls calm neutral; the labels are neutral, joy"),
        ('emotions = "mood"', "unknown key 'emotions'; known are name, version, emotion"),
        ("tables = 3", "tables is 3; expected a list of texts"),
        ("emotion = 3", "emotion is 3; expected a text"),
        ('name = "emodb"', "names a database without its version"),
        ("= 3", "cannot be read as TOML"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path, settings, words):
    with pytest.raises(DatasetError, match=words):
        load(tmp_path, filewise(tmp_path), settings)


def test_a_database_without_speakers_is_told_once(tmp_path):
    corpus = load(tmp_path, filewise(tmp_path), 'speaker = "actor"')
    assert [str(fault) for fault in corpus.faults] == [
        "No speakers: there is no scheme or column 'actor'. Its schemes: emotion, speaker. "
        'Name it in sabench.toml, for example: speaker = "actor"'
    ]


def test_a_scale_is_no_set_of_classes(tmp_path):
    db = database(tmp_path)
    db.schemes["arousal"] = audformat.Scheme(float)
    column(db, "scales", "arousal", audformat.filewise_index(FILES), [0.1, 0.5, 0.2, 0.9])
    with pytest.raises(DatasetError, match="'arousal' of database 'tiny' is a scale, not a set of classes"):
        load(tmp_path, db, 'emotion = "arousal"')


def test_a_folder_without_database_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"no database in audformat; expected db.yaml and its tables, or a file"):
        load(tmp_path)


def test_a_damaged_header_is_refused(tmp_path):
    (tmp_path / "db.yaml").write_text("- nothing", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"db.yaml cannot be read as a database in audformat"):
        load(tmp_path)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A local repository that offers version 1.0.0 of the database."""
    (tmp_path / "host").mkdir()
    place = audb.Repository("local", str(tmp_path / "host"), "file-system")
    monkeypatch.setattr(audb.config, "REPOSITORIES", [place])
    monkeypatch.setattr(audb.config, "CACHE_ROOT", str(tmp_path / "cache"))
    monkeypatch.setattr(audb.config, "SHARED_CACHE_ROOT", str(tmp_path / "shared"))
    (tmp_path / "host" / "local").mkdir()
    filewise(tmp_path / "build").save(str(tmp_path / "build"))
    audb.publish(str(tmp_path / "build"), "1.0.0", place, verbose=False)
    return place


def test_a_published_database_is_loaded_by_name_and_version(tmp_path, repository):
    corpus = load(tmp_path, settings='name = "tiny"\nversion = "1.0.0"\n')
    assert corpus.faults == ()
    assert corpus.table["id"].tolist() == FILES
    assert all(Path(path).is_relative_to(tmp_path / "cache") for path in corpus.table["path"])
    assert corpus.notes[0] == "Database tiny 1.0.0, licence: CC0-1.0."


def test_published_and_local_copies_have_one_fingerprint(tmp_path, repository):
    published = load(tmp_path, settings='name = "tiny"\nversion = "1.0.0"\n')
    local = load(tmp_path / "build")
    assert loading.fingerprint(loading.prepare(published)) == loading.fingerprint(loading.prepare(local))


def test_a_version_that_no_repository_has_is_refused(tmp_path, repository):
    with pytest.raises(DatasetError, match=r"audb cannot load 'tiny' in version 2.0.0: .*audb.available"):
        load(tmp_path, settings='name = "tiny"\nversion = "2.0.0"\n')


@pytest.mark.parametrize("missing", ["audformat", "audb"])
def test_without_its_library_it_breaks_alone(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "sabench_plugins.datasets.audformat_", raising=False)
    registry = Registry()
    with pytest.raises(PluginLoadError, match=rf"needs the module '{missing}'. .*pip install 'sabench\[audb\]'"):
        registry.get("datasets", "audformat")
    assert registry.get("datasets", "table").name == "table"


def written(folder: Path) -> Path:
    filewise(folder).save(str(folder))
    return folder


@parametrize_with_checks([Audformat()], root=written)
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
