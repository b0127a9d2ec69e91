import json
from pathlib import Path

import pytest
from speech import AIBO, write_aibo

from sabench import DatasetError
from sabench_plugins.datasets.aibo import Aibo
from sabench_plugins.datasets.emodb import Emodb
from sabench_plugins.simulation import twin


def load(root: Path, task: str = "5class"):
    return Aibo().load(root, task)


def fatal(corpus) -> list[str]:
    return [str(fault) for fault in corpus.faults if fault.fatal]


def column(corpus, name: str) -> list:
    return corpus.table[name].tolist()


def labels_file(root: Path, task: str = "5cl") -> Path:
    return root / "labels" / "IS2009EmotionChallenge" / f"chunk_labels_{task}_corpus.txt"


def test_utterances_keep_the_order_of_the_label_file(tmp_path):
    corpus = load(write_aibo(tmp_path, AIBO))
    assert column(corpus, "id") == [line[0] for line in AIBO]
    assert column(corpus, "label") == [line[2] for line in AIBO]
    assert fatal(corpus) == []


def test_the_two_class_labels_come_from_their_own_file(tmp_path):
    corpus = load(write_aibo(tmp_path, AIBO), "2class")
    assert column(corpus, "label") == [line[1] for line in AIBO]
    assert corpus.classes == ("IDL", "NEG")


def test_speakers_of_two_schools_with_one_number_stay_apart(tmp_path):
    speakers = column(load(write_aibo(tmp_path, AIBO)), "speaker")
    assert speakers == ["Mont_01", "Mont_01", "Ohm_01", "Ohm_01", "Ohm_31", "Ohm_32"]


def test_ohm_trains_two_of_its_speakers_validate_and_mont_tests(tmp_path):
    corpus = load(write_aibo(tmp_path, AIBO))
    assert column(corpus, "partition") == ["test", "test", "train", "train", "validation", "validation"]


@pytest.mark.parametrize("task", ["2class", "5class"])
def test_neutral_is_n_of_the_five_class_file_in_both_tasks(tmp_path, task):
    corpus = load(write_aibo(tmp_path, AIBO), task)
    assert column(corpus, "neutral") == [True, False, False, True, False, False]


def test_neutral_is_idle_and_noted_where_the_five_class_file_is_missing(tmp_path):
    corpus = load(write_aibo(tmp_path, AIBO, tasks=["2cl"]), "2class")
    assert column(corpus, "neutral") == [True, False, True, True, False, True]
    assert corpus.notes == ("Neutral enrolment comes from IDL of the 2-class labels: the 5-class file is not there.",)


@pytest.mark.parametrize(
    "labels",
    [
        "labels/IS2009EmotionChallenge",
        "labels/IS2009EmotionChallenge/IS2009EmotionChallenge",
        "IS2009EmotionChallenge",
        "IS2009EmotionChallenge/IS2009EmotionChallenge",
        "labels",
        ".",
    ],
)
@pytest.mark.parametrize("audio", ["wav", "default"])
def test_every_known_layout_is_read_alike(tmp_path, labels, audio):
    corpus = load(write_aibo(tmp_path, AIBO, labels=labels, audio=audio))
    assert fatal(corpus) == []
    assert [Path(path).relative_to(tmp_path).parts[0] for path in column(corpus, "path")] == [audio] * 6


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    write_aibo(tmp_path, AIBO, end="\r\n")
    labels_file(tmp_path).write_bytes(b"\xef\xbb\xbf" + labels_file(tmp_path).read_bytes())
    corpus = load(tmp_path)
    assert fatal(corpus) == []
    assert column(corpus, "label") == [line[2] for line in AIBO]


def test_an_unknown_label_is_a_fault_with_file_and_line(tmp_path):
    corpus = load(write_aibo(tmp_path, [*AIBO[:1], ("Mont_01_000_01", "NEG", "X")]))
    assert fatal(corpus) == [
        "labels/IS2009EmotionChallenge/chunk_labels_5cl_corpus.txt:2: "
        "unknown label 'X' of 'Mont_01_000_01'; expected one of A, E, N, P, R."
    ]
    assert column(corpus, "id") == ["Mont_01_000_00"]


def test_a_missing_column_is_a_fault_of_every_line(tmp_path):
    write_aibo(tmp_path, AIBO)
    labels_file(tmp_path).write_text("Mont_01_000_00 N\nMont_01_000_01 E 1.0\n")
    (fault,) = fatal(load(tmp_path))
    assert fault.endswith(":1: expected three columns 'id label confidence', found 2: 'Mont_01_000_00 N'.")


def test_a_strange_or_repeated_id_is_a_fault(tmp_path):
    write_aibo(tmp_path, AIBO)
    labels_file(tmp_path).write_text("Rom_01_000_00 N 1.0\nMont_01_000_00 N 1.0\nMont_01_000_00 N 1.0\n")
    strange, repeated = fatal(load(tmp_path))
    assert ":1: expected an id like 'Mont_07_000_00' (school, speaker, turn, chunk), found 'Rom_01_000_00'" in strange
    assert ":3: the id 'Mont_01_000_00' is there twice" in repeated


def test_missing_audio_is_a_fault_at_the_line_that_names_it(tmp_path):
    write_aibo(tmp_path, AIBO)
    (tmp_path / "wav" / "Ohm_01_000_00.wav").unlink()
    (fault,) = fatal(load(tmp_path))
    assert ":3: the audio of 'Ohm_01_000_00' is not there" in fault


def test_a_copy_that_is_not_whole_is_told(tmp_path):
    (fault,) = load(write_aibo(tmp_path, AIBO)).faults
    assert not fault.fatal
    assert "This copy has 6 usable utterances; the published corpus has 18216." in str(fault)


def test_a_twin_is_known_however_its_labels_are_nested(tmp_path):
    write_aibo(tmp_path, AIBO, labels="labels/IS2009EmotionChallenge/IS2009EmotionChallenge")
    (tmp_path / "sabench-twin.json").write_text(json.dumps({"dataset": "aibo", "seed": 7}))
    corpus = load(tmp_path)
    assert corpus.simulation == {"dataset": "aibo", "seed": 7}
    assert corpus.faults == ()


def test_a_root_without_labels_or_audio_is_refused_saying_what_was_expected(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no chunk_labels_5cl_corpus.txt; expected it in labels/IS2009"):
        load(tmp_path)
    write_aibo(tmp_path, AIBO, audio="elsewhere")
    with pytest.raises(DatasetError, match="holds no audio; expected WAV files in its folder 'wav' or 'default'"):
        load(tmp_path)


def test_an_unknown_task_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no task '3class'. Its tasks: 2class, 5class"):
        load(tmp_path, "3class")


def test_the_seed_papers_rows_are_reported_with_their_differences():
    rows = {(row.adapter, row.task): row for row in Aibo.reported if row.adapter}
    assert len(rows) == 12
    assert rows["eresnet", "5class"].uar == 0.413
    assert rows["svm-norm", "2class"].uar == 0.712
    assert "the scored ones included" in rows["svm-norm", "5class"].differences
    assert "What is neutral in the 2-class task is not said" in rows["eresnet", "2class"].differences


def test_the_official_baselines_are_reported():
    assert [(row.method, row.task, row.uar) for row in Aibo.reported if row.adapter is None] == [
        ("SVM on IS09 functionals", "2class", 0.677),
        ("HMM", "2class", 0.661),
        ("SVM on IS09 functionals", "5class", 0.382),
        ("HMM", "5class", 0.359),
    ]


def test_labels_of_a_licensed_corpus_are_not_shared():
    assert not Aibo.labels_shareable
    assert Emodb.labels_shareable


def test_the_version_of_twins_is_that_of_their_maker():
    assert Aibo.simulation_version == twin.VERSION
