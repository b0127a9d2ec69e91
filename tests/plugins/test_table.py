import json
import math
from pathlib import Path

import pandas as pd
import pytest
from speech import write_noise, write_table

from sabench import DatasetError
from sabench.corpora import loading
from sabench_plugins.datasets.table import Table

SIMPLE = "file,speaker,label\na.wav,s1,neutral\nb.wav,s1,sad\nc.wav,s2,sad\n"


def load(path: Path):
    return Table().load(path, "label")


def fatal(corpus) -> list[str]:
    return [str(fault) for fault in corpus.faults if fault.fatal]


def csv(folder: Path, text: str):
    return load(write_table(folder / "corpus.csv", text))


def parquet(folder: Path, frame: pd.DataFrame):
    for name in "abc":
        write_noise(folder / f"{name}.wav")
    frame.to_parquet(folder / "corpus.parquet")
    return load(folder / "corpus.parquet")


def test_three_columns_are_enough(tmp_path):
    corpus = csv(tmp_path, SIMPLE)
    assert corpus.faults == ()
    assert corpus.table["id"].tolist() == ["a.wav", "b.wav", "c.wav"]
    assert corpus.table["path"].tolist() == [str(tmp_path / name) for name in ("a.wav", "b.wav", "c.wav")]
    assert corpus.table["speaker"].tolist() == ["s1", "s1", "s2"]
    assert corpus.classes == ("neutral", "sad")
    assert loading.prepare(corpus).table["duration_s"].tolist() == [0.05] * 3


def test_all_columns_are_read(tmp_path):
    corpus = csv(
        tmp_path,
        "id,file,speaker,label,start,end,gender,neutral,partition,session\n"
        "u1,a.wav,s1,calm,0.01,0.04,F,yes,train,m1\n"
        "u2,b.wav,s1,sad,,,f,no,dev,m1\n"
        "u3,c.wav,s2,sad,0,0.05,male,0,Test,m2\n",
    )
    assert corpus.faults == ()
    table = corpus.table
    assert table["id"].tolist() == ["u1", "u2", "u3"]
    assert table["start_s"].tolist() == [0.01, 0.0, 0.0]
    assert table["end_s"].tolist()[::2] == [0.04, 0.05]
    assert math.isnan(table["end_s"][1])
    assert table["gender"].tolist() == ["female", "female", "male"]
    assert table["neutral"].tolist() == [True, False, False]
    assert table["partition"].tolist() == ["train", "validation", "test"]
    assert table["session"].tolist() == ["m1", "m1", "m2"]
    assert corpus.notes == ()


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    assert len(csv(tmp_path, SIMPLE.replace(",", delimiter)).table) == 3


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_change_nothing(tmp_path):
    corpus = csv(tmp_path, "\ufeff" + SIMPLE.replace("\n", "\r\n") + "\r\n")
    assert corpus.faults == ()
    assert corpus.table["id"].tolist() == ["a.wav", "b.wav", "c.wav"]


def test_quoted_cells_may_hold_delimiters_and_lines_stay_right(tmp_path):
    text = 'file,speaker,label\na.wav,"Smith, J.",neutral\nb.wav,"two\nlines",sad\nmissing.wav,s2,sad\n'
    corpus = csv(tmp_path, text)
    assert corpus.table["speaker"].tolist() == ["Smith, J.", "two\nlines"]
    assert [fault.line for fault in corpus.faults] == [5]


@pytest.mark.parametrize("header", ["FILE,Speaker,Emotion", "filename,speaker_id,label", "path , spk , emotion"])
def test_other_names_of_columns_are_accepted(tmp_path, header):
    assert csv(tmp_path, SIMPLE.replace("file,speaker,label", header)).faults == ()


def test_a_missing_column_is_refused_with_what_is_there(tmp_path):
    with pytest.raises(
        DatasetError,
        match=r"corpus\.csv:1: missing column speaker \(or speaker_id, spk\). Its columns: file, spekaer, label",
    ):
        csv(tmp_path, SIMPLE.replace("speaker", "spekaer"))


def test_columns_that_are_not_used_are_told(tmp_path):
    corpus = csv(tmp_path, "file,speaker,label,age\na.wav,s1,neutral,9\n")
    (fault,) = corpus.faults
    assert not fault.fatal
    assert "Columns not used: age. Known are: file, speaker, label, start" in fault.message


def test_what_audformat_writes_as_csv_is_read(tmp_path):
    corpus = csv(
        tmp_path,
        "file,start,end,emotion,speaker\n"
        "a.wav,0 days 00:00:00.000000,0 days 00:00:00.020000,anger,s1\n"
        "a.wav,0 days 00:00:00.020000,,neutral,s1\n",
    )
    assert corpus.table["id"].tolist() == ["a.wav[0.000-0.020]", "a.wav[0.020-]"]
    assert loading.prepare(corpus).table["duration_s"].tolist() == pytest.approx([0.02, 0.03])


def test_what_audformat_keeps_in_an_index_is_read(tmp_path):
    index = pd.MultiIndex.from_arrays(
        [["a.wav", "b.wav"], pd.to_timedelta([0, 0.01], unit="s"), pd.to_timedelta([0.02, None], unit="s")],
        names=["file", "start", "end"],
    )
    frame = pd.DataFrame({"emotion": ["sad", "neutral"], "speaker": pd.array(["s1", "s2"], "string")}, index=index)
    corpus = parquet(tmp_path, frame)
    assert corpus.faults == ()
    assert corpus.table["start_s"].tolist() == [0.0, 0.01]
    assert corpus.table["end_s"][0] == 0.02
    assert math.isnan(corpus.table["end_s"][1])


def test_declared_categories_give_classes_their_order_even_where_absent(tmp_path):
    labels = pd.Categorical(["sad", "neutral"], categories=["neutral", "sad", "angry"])
    corpus = parquet(tmp_path, pd.DataFrame({"file": ["a.wav", "b.wav"], "speaker": [1, 2], "label": labels}))
    assert corpus.classes == ("neutral", "sad", "angry")
    assert corpus.table["speaker"].tolist() == ["1", "2"]


def test_a_missing_label_in_parquet_is_a_fault_with_its_row(tmp_path):
    frame = pd.DataFrame(
        {"file": ["a.wav", "b.wav"], "speaker": ["s1", "s2"], "label": pd.array([None, "sad"], "string")}
    )
    assert fatal(parquet(tmp_path, frame)) == ["corpus.parquet:1: the cell 'label' is empty."]


@pytest.mark.parametrize("name", ["neutral", "Neutral", "NEU", "N"])
def test_a_label_of_that_name_is_neutral_where_no_column_says_so(tmp_path, name):
    corpus = csv(tmp_path, SIMPLE.replace("neutral", name))
    assert corpus.table["neutral"].tolist() == [True, False, False]
    assert corpus.notes == (f"Neutral enrolment comes from the label '{name}': no column 'neutral'.",)


def test_a_table_without_any_neutral_says_so(tmp_path):
    assert csv(tmp_path, SIMPLE.replace("neutral", "calm")).notes == (
        "No utterance counts as neutral: no column 'neutral', and no label of that name.",
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("gone.wav,s1,sad,,,,", "the audio 'gone.wav' is not there; paths are relative to the folder of the table."),
        ("a.wav,,sad,,,,", "the cell 'speaker' is empty."),
        ("a.wav,s1,sad,soon,,,", "'soon' is no time; expected seconds like 1.5"),
        ("a.wav,s1,sad,-1,,,", "'-1' is no time"),
        ("a.wav,s1,sad,2,1,,", "the segment ends at 1 s, before or where it starts (2 s)."),
        ("a.wav,s1,sad,,,maybe,", "unknown truth value 'maybe'; expected one of true, yes, 1"),
        ("a.wav,s1,sad,,,,exam", "unknown partition 'exam'; expected one of train, training, dev"),
    ],
)
def test_a_bad_row_is_a_fault_with_its_line(tmp_path, row, words):
    corpus = csv(tmp_path, f"file,speaker,label,start,end,neutral,partition\nb.wav,s1,neutral,,,,\n{row}\n")
    (fault,) = fatal(corpus)
    assert fault.startswith(f"corpus.csv:3: {words}")
    assert corpus.table["id"].tolist() == ["b.wav"]


def test_an_utterance_named_twice_is_a_fault(tmp_path):
    assert fatal(csv(tmp_path, SIMPLE + "a.wav,s1,neutral\n")) == [
        "corpus.csv:5: the utterance 'a.wav' is there twice."
    ]


def test_a_row_of_another_length_is_refused_with_its_line(tmp_path):
    with pytest.raises(DatasetError, match=r"corpus\.csv:3: expected 3 columns as in the header, found 2"):
        csv(tmp_path, "file,speaker,label\na.wav,s1,sad\nb.wav,s1\n")


def test_a_column_named_twice_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="has the column label twice"):
        csv(tmp_path, SIMPLE.replace("speaker,label", "label,label"))


def test_a_table_without_rows_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="has no rows; expected a header and one row an utterance"):
        csv(tmp_path, "file,speaker,label\n")


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"is no table: expected a header like file,speaker,label, found ''"):
        csv(tmp_path, "")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "corpus.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DatasetError, match=r"is no table in UTF-8 \(byte 0\). Save it as CSV in UTF-8"):
        load(tmp_path / "corpus.csv")


def test_text_named_parquet_is_refused(tmp_path):
    (tmp_path / "corpus.parquet").write_text(SIMPLE)
    with pytest.raises(DatasetError, match="cannot be read as parquet"):
        load(tmp_path / "corpus.parquet")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="is no file; expected a CSV or parquet file with the columns file, speaker"):
        load(tmp_path)


def test_paths_written_on_windows_are_found(tmp_path):
    write_noise(tmp_path / "wav" / "d.wav")
    assert fatal(csv(tmp_path, SIMPLE + "wav\\d.wav,s2,neutral\n")) == []


def test_speakers_on_both_sides_of_a_partition_are_read_as_they_stand(tmp_path):
    corpus = csv(
        tmp_path,
        "file,speaker,label,split\na.wav,s1,neutral,train\nb.wav,s1,sad,test\nc.wav,s2,sad,train\n",
    )
    assert corpus.table["partition"].tolist() == ["train", "test", "train"]
    assert loading.prepare(corpus).table["speaker"].tolist() == ["s1", "s1", "s2"]


def test_a_table_beside_or_into_a_twin_is_a_twin(tmp_path):
    write_noise(tmp_path / "twin" / "wav" / "d.wav")
    (tmp_path / "twin" / "sabench-twin.json").write_text(json.dumps({"dataset": "aibo"}))
    into = csv(tmp_path, "file,speaker,label\ntwin/wav/d.wav,s1,sad\n")
    beside = csv(tmp_path / "twin", SIMPLE)
    assert beside.simulated
    assert loading.prepare(into).simulated


def test_decimal_commas_are_understood_where_semicolons_separate_cells(tmp_path):
    rows = "file;start;end;speaker;label\na.wav;0{}01;0{}04;s1;sad\nb.wav;;;s2;neutral\n"
    point, comma = (csv(tmp_path, rows.replace("{}", mark)) for mark in ".,")
    assert comma.faults == ()
    assert comma.table.equals(point.table)


def test_decimal_commas_are_refused_where_commas_separate_cells(tmp_path):
    corpus = csv(tmp_path, 'file,start,speaker,label\na.wav,"0,01",s1,sad\nb.wav,0,s1,sad\n')
    assert fatal(corpus)[0].startswith("corpus.csv:2: '0,01' has a comma, which may be a decimal comma")


def test_decimal_points_beside_decimal_commas_are_a_fault(tmp_path):
    corpus = csv(tmp_path, "file;start;end;speaker;label\na.wav;0,01;0.04;s1;sad\n")
    assert fatal(corpus) == [
        "corpus.csv:1: Times have decimal points and decimal commas; one of them may stand for thousands. Write all in "
        "one way."
    ]


@pytest.mark.parametrize("column", ["speaker", "label"])
@pytest.mark.parametrize("word", ["NA", "nan", "None"])
def test_a_word_for_a_missing_value_is_a_fault(tmp_path, column, word):
    cells = {"speaker": "s1", "label": "sad", column: word}
    corpus = csv(tmp_path, SIMPLE.replace("a.wav,s1,neutral", f"a.wav,{cells['speaker']},{cells['label']}"))
    assert fatal(corpus) == [f"corpus.csv:2: the cell '{column}' says '{word}', which stands for a missing value."]


def test_more_than_two_genders_are_kept(tmp_path):
    corpus = csv(tmp_path, "file,speaker,label,gender\na.wav,s1,sad,F\nb.wav,s2,sad,Divers\nc.wav,s3,sad,NA\n")
    assert corpus.faults == ()
    assert corpus.table["gender"].tolist() == ["female", "divers", None]


def test_categories_that_differ_by_spaces_are_one_class_and_empty_ones_none(tmp_path):
    labels = pd.Categorical(["sad", "sad ", "neutral"], categories=["sad", "sad ", "", "neutral", "NA"])
    corpus = parquet(tmp_path, pd.DataFrame({"file": [f"{n}.wav" for n in "abc"], "speaker": "s1", "label": labels}))
    assert corpus.classes == ("sad", "neutral")
    assert corpus.table["label"].tolist() == ["sad", "sad", "neutral"]


@pytest.mark.parametrize("mark", ["sep=;", "SEP=;", "\ufeffsep=;"])
def test_the_line_in_which_excel_names_the_separator_is_understood(tmp_path, mark):
    corpus = csv(tmp_path, f"{mark}\r\n" + SIMPLE.replace(",", ";").replace("c.wav", "gone.wav").replace("\n", "\r\n"))
    assert corpus.table["id"].tolist() == ["a.wav", "b.wav"]
    assert [fault.line for fault in corpus.faults] == [5]


def test_a_column_without_a_name_is_named_by_its_place(tmp_path):
    (fault,) = csv(tmp_path, ",file,speaker,label\n0,a.wav,s1,sad\n1,b.wav,s2,sad\n").faults
    assert "Columns not used: column 1 (without a name)." in fault.message


@pytest.mark.parametrize("cell", ["x" * 100_000, "x" * 300 + ".wav"])
def test_no_cell_makes_a_message_longer_than_a_screen(tmp_path, cell):
    for column in ("file", "start", "gender", "neutral", "partition"):
        row = {"file": "a.wav", "speaker": "s1", "label": "sad", column: cell}
        corpus = csv(tmp_path, f"{','.join(row)}\n{','.join(row.values())}\n")
        assert all(len(str(fault)) < 300 for fault in corpus.faults)


def test_a_table_of_a_thousand_columns_is_told_in_short(tmp_path):
    header = ",".join(f"column{i}" for i in range(1000))
    with pytest.raises(DatasetError, match=r"missing column file.*column7 and 992 more\.") as caught:
        csv(tmp_path, f"{header}\n{header}\n")
    assert len(str(caught.value)) < 600


def hugging_face(folder: Path, cells: list[object], **columns) -> Path:
    frame = {"audio": cells, "speaker_id": ["s1", "s1", "s2"], "emotion": ["sad", "neutral", "sad"], **columns}
    pd.DataFrame(frame).to_parquet(folder / "hf.parquet")
    return folder / "hf.parquet"


def recordings(folder: Path) -> list[bytes]:
    return [write_noise(folder / "elsewhere" / f"{name}.wav").read_bytes() for name in "abc"]


def test_recordings_inside_a_parquet_file_are_read(tmp_path):
    contents = recordings(tmp_path)
    cells = [{"bytes": content, "path": f"{name}.wav"} for name, content in zip("abc", contents, strict=True)]
    corpus = load(hugging_face(tmp_path, cells))
    assert corpus.faults == ()
    assert corpus.table["id"].tolist() == ["a.wav", "b.wav", "c.wav"]
    assert [Path(path).read_bytes() for path in corpus.table["path"]] == contents
    plain = csv(tmp_path / "elsewhere", "file,speaker,label\na.wav,s1,sad\nb.wav,s1,neutral\nc.wav,s2,sad\n")
    assert loading.fingerprint(loading.prepare(corpus)) == loading.fingerprint(loading.prepare(plain))


@pytest.mark.parametrize("path", [None, "audio.wav"])
def test_recordings_without_names_of_their_own_are_named_by_row(tmp_path, path):
    cells = [{"bytes": content, "path": path} for content in recordings(tmp_path)]
    assert load(hugging_face(tmp_path, cells)).table["id"].tolist() == ["hf[1]", "hf[2]", "hf[3]"]


def test_a_column_of_bytes_alone_is_read(tmp_path):
    corpus = load(hugging_face(tmp_path, list(recordings(tmp_path))))
    assert len(loading.prepare(corpus).table["digest"].dropna()) == 3


def test_recordings_come_before_names_of_files_that_only_their_maker_has(tmp_path):
    cells = [{"bytes": content, "path": None} for content in recordings(tmp_path)]
    corpus = load(hugging_face(tmp_path, cells, file=[f"/data/{name}.wav" for name in "abc"]))
    assert fatal(corpus) == []
    assert len(corpus.table) == 3


def test_a_path_without_bytes_is_a_file_beside_the_table(tmp_path):
    contents = recordings(tmp_path)
    write_noise(tmp_path / "c.wav")
    cells = [*({"bytes": content, "path": f"{i}.wav"} for i, content in enumerate(contents[:2]))]
    corpus = load(hugging_face(tmp_path, [*cells, {"bytes": None, "path": "c.wav"}]))
    assert corpus.table["path"].tolist()[2] == str(tmp_path / "c.wav")


def test_a_row_without_recording_is_a_fault(tmp_path):
    cells = [{"bytes": content, "path": "a.wav"} for content in recordings(tmp_path)]
    cells[1] = {"bytes": None, "path": None}
    assert fatal(load(hugging_face(tmp_path, cells))) == ["hf.parquet:2: the cell 'file' is empty."]


def test_numbers_that_hugging_face_keeps_for_classes_become_their_names(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = hugging_face(tmp_path, list(recordings(tmp_path)), emotion=[2, 0, -1])
    features = {"emotion": {"names": ["neutral", "angry", "sad"], "_type": "ClassLabel"}}
    table = pq.read_table(path)
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, **metadata}), path)
    corpus = load(path)
    assert corpus.classes == ("neutral", "angry", "sad")
    assert corpus.table["label"].tolist() == ["sad", "neutral"]
    assert fatal(corpus) == ["hf.parquet:3: the cell 'label' is empty."]
    assert pa.types.is_integer(pq.read_schema(path).field("emotion").type)


def test_a_recording_is_no_speaker_whatever_its_length(tmp_path):
    pd.DataFrame({"audio": recordings(tmp_path), "label": "sad"}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DatasetError, match="missing column speaker") as caught:
        load(tmp_path / "t.parquet")
    assert len(str(caught.value)) < 500
