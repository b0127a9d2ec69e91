import pytest
from speech import write_noise

from sabench import DatasetError
from sabench_plugins.datasets.emodb import Emodb

NAMES = ("03a01Fa", "03a01Nc", "03a01Wa", "08a02La", "08b03Tb", "16b10Ed", "16b10Aa")


def write(folder):
    for name in NAMES:
        write_noise(folder / f"{name}.wav")


def test_names_tell_speaker_emotion_and_gender(tmp_path):
    write(tmp_path / "wav")
    table = Emodb().load(tmp_path, "7class").table
    assert table["id"].tolist() == sorted(NAMES)
    assert table["speaker"].tolist() == ["03", "03", "03", "08", "08", "16", "16"]
    assert table["gender"].tolist() == ["male"] * 3 + ["female"] * 4
    assert table["label"].tolist() == ["happiness", "neutral", "anger", "boredom", "sadness", "fear", "disgust"]
    assert table["neutral"].tolist() == [label == "neutral" for label in table["label"]]


def test_four_classes_leave_the_others_out(tmp_path):
    write(tmp_path / "wav")
    corpus = Emodb().load(tmp_path, "4class")
    assert corpus.classes == ("anger", "happiness", "neutral", "sadness")
    assert corpus.table["label"].tolist() == ["happiness", "neutral", "anger", "sadness"]


def test_the_root_may_be_the_folder_of_files_itself(tmp_path):
    write(tmp_path)
    assert len(Emodb().load(tmp_path, "7class").table) == 7


def test_a_name_that_tells_no_emotion_is_a_fault(tmp_path):
    write(tmp_path / "wav")
    write_noise(tmp_path / "wav" / "03a01Xa.wav")
    (fault,) = (fault for fault in Emodb().load(tmp_path, "7class").faults if fault.fatal)
    assert str(fault) == (
        "wav/03a01Xa.wav: expected a name like '03a01Fa.wav' (speaker, text, emotion, version), found '03a01Xa.wav'."
    )


def test_files_of_macos_are_no_audio(tmp_path):
    write(tmp_path / "wav")
    (tmp_path / "wav" / "._03a01Fa.wav").write_bytes(b"\x00\x05\x16\x07")
    assert len(Emodb().load(tmp_path, "7class").table) == 7


def test_a_folder_without_audio_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no recording like '03a01Fa.wav'; expected the folder with 'wav'"):
        Emodb().load(tmp_path, "7class")
