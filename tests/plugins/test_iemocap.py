import json
from pathlib import Path

import pytest
from speech import DIALOGUE, write_dialogue

from sabench import DatasetError
from sabench_plugins.datasets.iemocap import Iemocap
from sabench_plugins.simulation import twin


def load(root: Path, task: str = "4class"):
    return Iemocap().load(root, task)


def fatal(corpus) -> list[str]:
    return [str(fault) for fault in corpus.faults if fault.fatal]


def column(corpus, name: str) -> list:
    return corpus.table[name].tolist()


def test_the_speaker_is_told_by_the_last_part_of_the_id(tmp_path):
    write_dialogue(tmp_path)
    corpus = load(tmp_path)
    assert column(corpus, "id") == ["Ses01F_impro01_F000", "Ses01F_impro01_M000"]
    assert column(corpus, "speaker") == ["Ses01F", "Ses01M"]
    assert column(corpus, "gender") == ["female", "male"]
    assert column(corpus, "session") == ["Ses01", "Ses01"]
    assert column(corpus, "neutral") == [True, False]


def test_excitement_counts_as_happiness_in_the_merged_task_alone(tmp_path):
    write_dialogue(tmp_path)
    assert column(load(tmp_path), "label") == ["neu", "hap"]
    assert column(load(tmp_path, "4class-exc"), "label") == ["neu", "hap", "hap"]


def test_turns_without_majority_or_of_other_emotions_are_left_out_without_a_fault(tmp_path):
    write_dialogue(tmp_path)
    assert fatal(load(tmp_path)) == []


def test_sessions_and_dialogues_come_in_sorted_order(tmp_path):
    for session, dialogue in ((2, "Ses02M_script01_1"), (1, "Ses01F_impro02"), (1, "Ses01F_impro01")):
        text = f"[1.0 - 2.0]\t{dialogue}_F000\tsad\t[1.0, 1.0, 1.0]\n"
        write_dialogue(tmp_path, session=session, dialogue=dialogue, text=text)
    assert column(load(tmp_path), "id") == [
        "Ses01F_impro01_F000",
        "Ses01F_impro02_F000",
        "Ses02M_script01_1_F000",
    ]
    assert column(load(tmp_path), "speaker")[2] == "Ses02F"


@pytest.mark.parametrize("inside", [".", "IEMOCAP_full_release", "another name"])
def test_the_root_may_be_the_parent_of_the_release(tmp_path, inside):
    write_dialogue(tmp_path / inside)
    assert len(load(tmp_path).table) == 2


@pytest.mark.parametrize("inside", [".", "IEMOCAP_full_release"])
def test_a_twin_is_known_from_its_root_and_from_its_parent(tmp_path, inside):
    write_dialogue(tmp_path / inside)
    (tmp_path / inside / "sabench-twin.json").write_text(json.dumps({"dataset": "iemocap"}))
    corpus = load(tmp_path)
    assert corpus.simulated
    assert corpus.faults == ()


def test_files_of_single_raters_and_of_macos_are_passed_over(tmp_path):
    labels = write_dialogue(tmp_path)
    (labels.parent / "Categorical").mkdir()
    (labels.parent / "Categorical" / "Ses01F_impro01_e1_cat.txt").write_text("[broken\n")
    (labels.parent / f"._{labels.name}").write_bytes(b"\x00\x05\x16\x07[broken\n")
    assert fatal(load(tmp_path)) == []


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    labels = write_dialogue(tmp_path)
    labels.write_bytes(b"\xef\xbb\xbf" + labels.read_bytes().replace(b"\n", b"\r\n"))
    corpus = load(tmp_path)
    assert fatal(corpus) == []
    assert column(corpus, "label") == ["neu", "hap"]


def test_an_unknown_label_is_a_fault_with_file_and_line(tmp_path):
    write_dialogue(tmp_path, text=DIALOGUE.replace("\thap\t", "\tjoy\t"))
    (fault,) = fatal(load(tmp_path))
    assert fault.startswith(
        "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt:8: unknown label 'joy' of 'Ses01F_impro01_M000'"
    )


def test_a_missing_column_is_a_fault_with_file_and_line(tmp_path):
    write_dialogue(tmp_path, text=DIALOGUE.replace("\thap\t", "\t"))
    (fault,) = fatal(load(tmp_path))
    assert "Ses01F_impro01.txt:8: expected '[start - end]<TAB>turn<TAB>emotion<TAB>[V, A, D]', found" in fault


def test_missing_audio_is_a_fault_at_the_line_that_names_it(tmp_path):
    write_dialogue(tmp_path)
    (tmp_path / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav").unlink()
    (fault,) = fatal(load(tmp_path))
    assert ".txt:8: the audio of 'Ses01F_impro01_M000' is not there" in fault


def test_a_turn_named_twice_is_a_fault(tmp_path):
    turn = "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5, 2.5, 2.5]\n"
    write_dialogue(tmp_path, text=turn * 2)
    (fault,) = fatal(load(tmp_path))
    assert ":2: the turn 'Ses01F_impro01_F000' is there twice" in fault


def test_a_strange_turn_is_a_fault(tmp_path):
    write_dialogue(tmp_path, text="[1.0 - 2.0]\tSes01F_impro01_X000\tneu\t[1.0, 1.0, 1.0]\n")
    (fault,) = fatal(load(tmp_path))
    assert "expected a turn like 'Ses01F_impro01_M000', found 'Ses01F_impro01_X000'" in fault


def test_a_root_without_sessions_is_refused_saying_what_was_expected(tmp_path):
    with pytest.raises(DatasetError, match="holds no Session1/dialog/EmoEvaluation; expected the folder with Session1"):
        load(tmp_path)


def test_results_of_the_literature_are_reported_with_their_differences():
    rows = {row.adapter or row.method: row for row in Iemocap.reported}
    assert rows["eresnet"].uar == 0.565
    assert rows["resnet-norm"].uar == 0.471
    li, tu = rows["menan"], rows["crossgrad"]
    assert (li.uar, tu.uar) == (0.599, 0.573)
    assert "Excitement merged" in li.differences
    assert "Five-fold" in tu.differences
    assert {row.task for row in Iemocap.reported} == {"4class"}


def test_the_version_of_twins_is_that_of_their_maker():
    assert Iemocap.simulation_version == twin.VERSION
