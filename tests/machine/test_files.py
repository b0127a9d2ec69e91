import pytest

from sabench import ResultsError
from sabench.machine.files import make_folder, replace_file, set_aside, write_json


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fail(path):
    path.write_text("half")
    raise RuntimeError("in between")


def test_a_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "new" / "file"
    for content in ("one", "two"):
        replace_file(path, lambda beside, content=content: beside.write_text(content))
        assert path.read_text() == content
    assert names(path.parent) == ["file"]


def test_a_failure_leaves_the_old_file_and_no_stump(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(RuntimeError, match="in between"):
        replace_file(tmp_path / "file", fail)
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_folder_is_there_whole(tmp_path):
    make_folder(tmp_path / "a" / "folder", lambda beside: (beside / "file").write_text("x"))
    assert (tmp_path / "a" / "folder" / "file").read_text() == "x"
    assert names(tmp_path / "a") == ["folder"]


def test_a_folder_that_fails_is_not_there(tmp_path):
    with pytest.raises(RuntimeError, match="in between"):
        make_folder(tmp_path / "folder", lambda beside: fail(beside / "file"))
    assert names(tmp_path) == []


def test_a_folder_with_something_in_it_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    with pytest.raises(OSError, match="not empty"):
        make_folder(tmp_path / "folder", lambda beside: None)
    assert (tmp_path / "folder" / "mine").read_text() == "mine"


def test_what_cannot_be_written_is_told_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=r"x.json cannot be written: .* Make room or make it writable, then repeat"):
        write_json(tmp_path / "file" / "x.json", {})


def test_a_damaged_file_is_renamed_and_not_removed(tmp_path):
    (tmp_path / "file").write_text("odd")
    set_aside(tmp_path / "file")
    set_aside(tmp_path / "not there")
    assert names(tmp_path) == ["file.damaged"]
    assert (tmp_path / "file.damaged").read_text() == "odd"
