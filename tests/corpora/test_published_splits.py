from __future__ import annotations

import json

import pytest

from sabench import DatasetError
from sabench.corpora.published_splits import compare, read


def shared(*files):
    return {(one.first, one.second, one.what): one for one in compare(read(files))}


def test_one_file_with_a_column_for_the_part(tmp_path):
    path = tmp_path / "split.csv"
    path.write_text("file,spk,split,text\na.wav,1,train,x\nb.wav,2,train,y\nc.wav,2,test,x\nb.flac,3,test,z\n")
    found = shared(path)
    speakers = found["train", "test", "speaker"]
    assert (speakers.names, speakers.of, speakers.rows, speakers.of_rows, speakers.leaks) == (("2",), 2, 1, 2, True)
    assert found["train", "test", "audio"].names == ("b",)
    assert found["train", "test", "text"].names == ("x",)
    assert not found["train", "test", "text"].leaks


def test_one_file_a_part_of_json_lines(tmp_path):
    for part, speakers in (("train", (1, 2)), ("valid", (2,)), ("test", (3,))):
        lines = [json.dumps({"key": f"{part}{s}", "speaker": s, "wav": f"x/{part}{s}.wav"}) for s in speakers]
        (tmp_path / f"iemocap_{part}_fold_1.jsonl").write_text("\n".join(lines))
    found = shared(*sorted(tmp_path.iterdir()))
    assert found["train_fold_1", "valid_fold_1", "speaker"].names == ("2",)
    assert found["train_fold_1", "test_fold_1", "speaker"].names == ()
    assert not any(one.leaks for (_, second, _), one in found.items() if second == "test_fold_1")


def test_a_json_object_by_utterance(tmp_path):
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"a": {"speaker": "1", "set": "train"}, "b": {"speaker": "1", "set": "test"}}))
    assert shared(path)["train", "test", "speaker"].names == ("1",)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "x,y\n1,2\n", "expected one for the speaker, the text or the file"),
        ("a.csv", "", "holds no rows"),
        ("a.jsonl", "{", "is no JSON of one object an utterance"),
        ("a.json", "[" * 9999, "is no JSON of one object an utterance"),
    ],
)
def test_what_is_no_split_is_refused(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=words):
        read([tmp_path / name])


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read: No such file"):
        read([tmp_path / "none.csv"])


def test_names_of_recordings_may_tell_speaker_and_text(tmp_path):
    for part, names in (("train", ("1001_DFA", "1002_IEO")), ("test", ("1001_IEO", "1003_TIE"))):
        entries = {f"cremad-{name}": {"wav": f"AudioWAV/{name}.wav"} for name in names}
        (tmp_path / f"cremad_{part}_fold_1.json").write_text(json.dumps(entries))
    rows = read(sorted(tmp_path.iterdir()), {"speaker": r"^(\d+)_", "text": r"_([A-Z]+)"})
    found = {one.what: one for one in compare(rows)}
    assert (found["speaker"].names, found["text"].names, found["audio"].names) == (("1001",), ("IEO",), ())


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "is no regular expression"), ("1", "has no group"), ("x(y)", "fit")]
)
def test_a_pattern_that_names_nobody_is_refused(tmp_path, pattern, words):
    (tmp_path / "a.csv").write_text("file,split\n1001_a.wav,train\n")
    with pytest.raises(DatasetError, match=words):
        read([tmp_path / "a.csv"], {"speaker": pattern})
