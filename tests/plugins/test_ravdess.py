import pytest
from speech import write_noise

from sabench import DatasetError
from sabench_plugins.datasets.ravdess import Ravdess


def write(folder, *names):
    for name in names:
        write_noise(folder / f"Actor_{name[-2:]}" / f"{name}.wav")


def load(root, task="8class"):
    return Ravdess().load(root, task)


def test_names_tell_actor_emotion_and_gender(tmp_path):
    write(tmp_path, "03-01-01-01-01-01-02", "03-01-05-02-02-01-01", "03-01-02-01-01-02-01")
    table = load(tmp_path).table
    assert table["id"].tolist() == ["03-01-02-01-01-02-01", "03-01-05-02-02-01-01", "03-01-01-01-01-01-02"]
    assert table["speaker"].tolist() == ["Actor_01", "Actor_01", "Actor_02"]
    assert table["gender"].tolist() == ["male", "male", "female"]
    assert table["label"].tolist() == ["calm", "angry", "neutral"]
    assert table["neutral"].tolist() == [False, False, True]


def test_classes_stay_eight_whatever_is_present(tmp_path):
    write(tmp_path, "03-01-01-01-01-01-02")
    assert load(tmp_path).classes == (
        "neutral",
        "calm",
        "happy",
        "sad",
        "angry",
        "fearful",
        "disgust",
        "surprised",
    )


def test_four_classes_leave_the_others_out(tmp_path):
    write(tmp_path, *(f"03-01-0{emotion}-01-01-01-01" for emotion in range(1, 9)))
    corpus = load(tmp_path, "4class")
    assert corpus.classes == ("neutral", "happy", "sad", "angry")
    assert corpus.table["label"].tolist() == ["neutral", "happy", "sad", "angry"]


def test_songs_and_films_are_left_out(tmp_path):
    write(tmp_path, "03-01-01-01-01-01-02", "03-02-01-01-01-01-02", "02-01-01-01-01-01-02")
    assert load(tmp_path).table["id"].tolist() == ["03-01-01-01-01-01-02"]


def test_the_root_may_be_the_parent_of_the_actors_folder(tmp_path):
    write(tmp_path / "Audio_Speech_Actors_01-24", "03-01-01-01-01-01-02")
    assert len(load(tmp_path).table) == 1


def test_a_name_that_tells_no_emotion_is_a_fault(tmp_path):
    write(tmp_path, "03-01-01-01-01-01-02")
    write_noise(tmp_path / "Actor_02" / "03-01-09-01-01-01-02.wav")
    (fault,) = (fault for fault in load(tmp_path).faults if fault.fatal)
    assert str(fault).startswith(
        "Actor_02/03-01-09-01-01-01-02.wav: expected a name like 'Actor_07/03-01-05-02-01-02-07.wav'"
    )


def test_a_folder_without_actors_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no recording like .*; expected the folder with Actor_01 to Actor_24"):
        load(tmp_path)
