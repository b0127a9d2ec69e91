import json
import logging

import numpy as np
import pytest

from sabench import ResultsError
from sabench.cells.folder import CellFolder


@pytest.fixture
def folder(tmp_path):
    return CellFolder(tmp_path / "cell")


@pytest.fixture
def begun(folder):
    folder.path.mkdir()
    return folder


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


# History


def test_an_epoch_done_again_after_a_kill_counts_once(begun):
    for epoch, loss in ((1, 3.0), (2, 2.0), (2, 1.5), (3, 1.0)):
        begun.report(epoch=epoch, loss=loss)
    assert [line["loss"] for line in begun.history()] == [3.0, 1.5, 1.0]


def test_a_line_that_a_kill_cut_short_is_passed_over(begun):
    begun.report(epoch=1, loss=3.0)
    with begun.history_file.open("a") as stream:
        stream.write('{"epoch": 2, "lo')
    assert begun.history() == [{"epoch": 1, "loss": 3.0}]


def test_a_line_cut_short_does_not_swallow_the_next(begun):
    begun.history_file.write_text('{"epoch": 1, "lo')
    begun.report(epoch=1, loss=2.0)
    assert begun.history() == [{"epoch": 1, "loss": 2.0}]


def test_numpy_numbers_can_be_reported(begun):
    begun.report(epoch=1, loss=np.float32(0.5))
    assert begun.history() == [{"epoch": 1, "loss": 0.5}]


def test_without_a_file_there_is_no_history(folder):
    assert folder.history() == []


def test_a_history_that_cannot_be_written_says_where_and_what_to_do(folder):
    with pytest.raises(ResultsError, match=r"history.jsonl cannot be written: No such file.*repeat the command"):
        folder.report(epoch=1)


# Checkpoints


def test_a_checkpoint_comes_back_as_it_was_saved(begun):
    arrays = {"scalar": np.array(7), "turned": np.arange(6.0).reshape(2, 3).T, "half": np.ones(2, np.float16)}
    begun.checkpoint.save(arrays, {"epoch": 3, "best": None})
    loaded, state = begun.checkpoint.load()
    assert state == {"epoch": 3, "best": None}
    assert {name: (a.shape, a.dtype) for name, a in loaded.items()} == {
        name: (a.shape, a.dtype) for name, a in arrays.items()
    }
    assert all(np.array_equal(loaded[name], array) for name, array in arrays.items())


def test_the_last_checkpoint_replaces_the_one_before(begun):
    for epoch in (1, 2):
        begun.checkpoint.save({"w": np.full(3, epoch)}, {"epoch": epoch})
    arrays, state = begun.checkpoint.load()
    assert (state["epoch"], arrays["w"].tolist()) == (2, [2, 2, 2])
    assert [path.name for path in begun.path.iterdir()] == ["checkpoint.safetensors"]


def test_without_a_checkpoint_there_is_nothing_to_load(folder):
    assert folder.checkpoint.load() is None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 64])
def test_a_damaged_checkpoint_is_told_and_training_starts_again(begun, content, caplog):
    (begun.path / "checkpoint.safetensors").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert begun.checkpoint.load() is None
    assert "is damaged; training starts again" in caplog.text


def test_a_save_that_fails_leaves_the_last_checkpoint(begun):
    begun.checkpoint.save({"w": np.zeros(3)}, {"epoch": 1})
    with pytest.raises(TypeError):
        begun.checkpoint.save({"w": np.ones(3)}, {"epoch": object()})
    assert begun.checkpoint.load()[1] == {"epoch": 1}


def test_a_finished_fit_needs_no_checkpoint(begun):
    begun.checkpoint.save({"w": np.zeros(3)}, {})
    begun.write_fit({"seconds": 1.0})
    assert begun.checkpoint.load() is None
    assert begun.fit() == {"seconds": 1.0}


def test_a_damaged_fit_record_counts_as_none(begun):
    (begun.path / "fit.json").write_text('{"seconds": 1')
    assert begun.fit() is None


# Evaluations


def test_an_evaluation_comes_back_as_it_was_written(folder):
    probabilities = np.array([[0.25, 0.75], [1.0, 0.0]])
    folder.write_evaluation("key", probabilities, {"draw": "first", "seconds": 0.5})
    read, record = folder.read_evaluation("key")
    assert np.array_equal(read, probabilities)
    assert record == {"draw": "first", "seconds": 0.5}


@pytest.mark.parametrize("harm", ["empty", "half", "text", "flipped"])
def test_a_damaged_evaluation_is_told_and_counts_as_missing(folder, harm, caplog):
    folder.write_evaluation("key", np.full((40, 2), 0.5), {"draw": "first"})
    path = folder.path / "evaluations" / "key.npz"
    if harm == "flipped":
        flip_a_byte(path)
    else:
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "text": b"not a zip"}[harm])
    with caplog.at_level(logging.WARNING):
        assert folder.read_evaluation("key") is None
    assert "will be made again" in caplog.text
    assert not folder.has("key")


def test_a_missing_evaluation_is_none_without_a_word(folder, caplog):
    assert folder.read_evaluation("key") is None
    assert not caplog.text


def test_a_write_that_fails_leaves_no_stump(folder):
    folder.path.mkdir()
    (folder.path / "evaluations").write_text("in the way")
    with pytest.raises(ResultsError, match=r"key.npz cannot be written: .*finished work is kept"):
        folder.write_evaluation("key", np.ones((1, 1)), {})
    assert sorted(path.name for path in folder.path.iterdir()) == ["evaluations"]


# Attempts and errors


def test_a_cell_at_work_is_marked_until_it_ends(begun):
    begun.begin()
    marked = begun.attempted()
    begun.end()
    assert (marked, begun.attempted()) == (True, False)


def test_a_failure_is_kept_until_the_next_attempt(begun):
    begun.begin()
    begun.fail("One class only.", "Traceback ...")
    assert (begun.error(), begun.attempted()) == ("One class only.", False)
    begun.begin()
    assert begun.error() == ""


def test_the_mark_names_the_process(begun):
    begun.begin()
    assert isinstance(json.loads((begun.path / "attempt.json").read_text())["pid"], int)


def cut_short(folder, *, seconds):
    """Leave behind what a worker does that died so many seconds after it began, at its last checkpoint."""
    folder.begin()
    folder.checkpoint.save({}, {})
    mark = folder.path / "attempt.json"
    attempt = json.loads(mark.read_text())
    started = (folder.path / "checkpoint.safetensors").stat().st_mtime - seconds
    mark.write_text(json.dumps({**attempt, "started": started}))


def test_time_that_workers_spent_before_they_died_adds_up(begun):
    assert begun.begin() == 0.0
    cut_short(begun, seconds=100)
    cut_short(begun, seconds=20)
    assert begun.begin() == pytest.approx(120, abs=5)
    assert begun.begin() == pytest.approx(120, abs=5)  # the last one kept nothing more


def test_time_that_left_nothing_to_go_on_from_does_not_count(begun):
    cut_short(begun, seconds=100)
    begun.checkpoint.forget()
    assert begun.begin() == 0.0


def test_candidates_of_a_search_are_something_to_go_on_from(begun):
    cut_short(begun, seconds=100)
    (begun.path / "search" / "0").mkdir(parents=True)
    (begun.path / "search" / "0" / "fit.json").write_text("{}")
    begun.checkpoint.forget()
    assert begun.begin() == pytest.approx(100, abs=5)


def test_two_holders_exclude_each_other(folder):
    from filelock import Timeout

    with folder.lock(), pytest.raises(Timeout):
        folder.lock().acquire(timeout=0)


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=r"cannot be made: .*another --results folder"):
        CellFolder(tmp_path / "file" / "cell").lock()
