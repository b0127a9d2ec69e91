import numpy as np
import pandas as pd
import pytest
import soundfile

from sabench import FeatureError, heard
from sabench.checks import parametrize_with_checks
from sabench.registry.registry import Registry, component
from sabench_plugins.features.embeddings import Embeddings, write_table


@pytest.fixture
def recordings(tmp_path):
    """Three files of a tenth of a second; the last is stereo at 48 kHz."""
    for number, name in enumerate("abc"):
        shape = (4800, 2) if name == "c" else (1600,)
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, shape).astype(np.float32)
        soundfile.write(tmp_path / f"{name}.wav", noise, 48_000 if name == "c" else 16_000)
    return tmp_path


def vectors(index, *rows) -> pd.DataFrame:
    return pd.DataFrame(np.array(rows, dtype=np.float64), index=index)


FILES = pd.Index(["a.wav", "b.wav", "c.wav"], name="file")
THREE = ([1, 2], [3, 4], [5, 6])


def test_a_signal_is_known_by_its_content(recordings):
    table = write_table(vectors(FILES, *THREE), recordings / "v.parquet", root=recordings)
    extractor = Embeddings(table=str(table))
    found = [extractor.extract(*heard(recordings / file)) for file in FILES]
    assert [vector.tolist() for vector in found] == [list(row) for row in THREE]
    assert found[0].dtype == np.float32


def test_segments_are_told_by_start_and_end(recordings):
    index = pd.MultiIndex.from_arrays(
        [
            ["a.wav", "a.wav"],
            pd.to_timedelta(["0s", "0.05s"]),
            pd.to_timedelta(["0.05s", None]),
        ],
        names=["file", "start", "end"],
    )
    table = write_table(vectors(index, [1], [2]), recordings / "v.parquet", root=recordings)
    extractor = Embeddings(table=str(table))
    assert extractor.extract(*heard(recordings / "a.wav", 0.0, 0.05)).tolist() == [1]
    assert extractor.extract(*heard(recordings / "a.wav", 0.05)).tolist() == [2]


def test_an_unknown_signal_is_refused(recordings):
    table = write_table(vectors(FILES[:1], [1]), recordings / "v.parquet", root=recordings)
    with pytest.raises(FeatureError, match=r"v.parquet has no vector for this utterance \(0.100 s.*It has 1 others"):
        Embeddings(table=str(table)).extract(*heard(recordings / "b.wav"))


def test_other_vectors_under_the_same_name_are_another_identity(recordings):
    identities = []
    for value in (1, 1, 2):
        table = write_table(vectors(FILES[:1], [value]), recordings / "v.parquet", root=recordings)
        extractor = Registry().create("features", "embeddings", {"table": str(table)})
        identities.append(component("embeddings", extractor))
        assert extractor.extract(*heard(recordings / "a.wav")).tolist() == [value]
    assert identities[0] == identities[1] != identities[2]


def test_without_a_table_it_says_how_to_name_one():
    with pytest.raises(FeatureError, match=r"--set embeddings.table=FILE.parquet"):
        Embeddings().extract(np.zeros((1, 10), np.float32), 16_000)


def test_a_table_that_is_not_there_is_refused_when_the_plan_is_made(tmp_path):
    with pytest.raises(FeatureError, match=r"none.parquet cannot be read \(No such file"):
        Embeddings(table=str(tmp_path / "none.parquet"))


@pytest.mark.parametrize(
    ("content", "words"), [(b"no table", "is no parquet file"), (None, "needs a column 'digest' beside the vectors")]
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, words):
    path = tmp_path / "v.parquet"
    if content is None:
        pd.DataFrame({"x": [1.0]}).to_parquet(path)
    else:
        path.write_bytes(content)
    with pytest.raises(FeatureError, match=words):
        Embeddings(table=str(path)).extract(np.zeros((1, 10), np.float32), 16_000)


def test_identical_audio_keeps_one_vector(recordings):
    again = pd.Index(["a.wav", "a.wav"])
    table = write_table(vectors(again, [1], [1]), recordings / "v.parquet", root=recordings)
    assert len(pd.read_parquet(table)) == 1
    with pytest.raises(FeatureError, match=r"a.wav sounds the same as another utterance and has another vector"):
        write_table(vectors(again, [1], [2]), recordings / "v.parquet", root=recordings)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"x": ["one"]}, index=["a.wav"]), "column x holds no numbers"),
        (pd.DataFrame(), "there are none"),
        (pd.DataFrame({"x": [np.nan]}, index=["a.wav"]), "1 vectors have values that are missing.*that of a.wav"),
    ],
)
def test_what_is_no_vector_is_refused(tmp_path, frame, words):
    with pytest.raises(FeatureError, match=words):
        write_table(frame, tmp_path / "v.parquet")


@parametrize_with_checks([Embeddings()])
def test_it_keeps_what_can_be_checked_of_the_contract(plugin, check):
    check(plugin)
