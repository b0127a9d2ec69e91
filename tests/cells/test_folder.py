import errno
import json
import logging
import os
import shutil

import numpy as np
import pytest

from sabench import ResultsError
from sabench.cells.folder import CellFolder
from sabench.errors import DamagedFile, UnreadableFile

KEY = "0123456789abcdef0123"
FIT = {"seconds": 1.0, "n_training_speakers": 3, "n_train": 27, "n_parameters": None, "environment": {}}


@pytest.fixture
def folder(tmp_path):
    return CellFolder(tmp_path / KEY)


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


def test_an_epoch_of_a_strange_kind_is_passed_over(begun):
    lines = [b'{"epoch": 1, "loss": NaN}', b'{"epoch": "2"}', b'{"epoch": [3]}', b"[" * 9999, b"\xff", b"[]", b"3"]
    begun.history_file.write_bytes(b"\n".join(lines))
    (line,) = begun.history()
    assert line["epoch"] == 1


def test_a_flipped_bit_of_a_checkpoint_is_seen(begun, caplog):
    begun.checkpoint.save({"w": np.arange(100.0)}, {"epoch": 1})
    path = begun.path / "checkpoint.safetensors"
    content = bytearray(path.read_bytes())
    content[-30] ^= 1
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert begun.checkpoint.load() is None
    assert "a checksum is wrong" in caplog.text


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
    begun.write_fit(FIT)
    assert begun.checkpoint.load() is None
    assert (begun.fit().seconds, begun.fit().key) == (1.0, KEY)


def test_a_damaged_fit_record_is_told_and_stays(begun):
    (begun.path / "fit.json").write_text('{"seconds": 1')
    with pytest.raises(DamagedFile, match=r"fit.json is damaged: invalid JSON.*The run's command, repeated"):
        begun.fit()
    assert begun.fitted()


def test_a_fit_record_of_another_cell_is_damage(begun, tmp_path):
    other = CellFolder(tmp_path / KEY[::-1])
    other.write_fit(FIT)
    shutil.copy(other.path / "fit.json", begun.path / "fit.json")
    with pytest.raises(DamagedFile, match=f"it is of another fit .{KEY[::-1]}"):
        begun.fit()


def test_a_record_of_an_older_version_has_no_key_and_no_seal(begun):
    (begun.path / "fit.json").write_text(json.dumps({**FIT, "saved": True}))
    fit = begun.fit()
    assert (fit.key, fit.model, fit.saved) == (None, None, True)
    begun.refuse_changed_model(fit)


def test_a_changed_file_of_the_model_is_seen(begun):
    begun.model.mkdir()
    (begun.model / "weights").write_bytes(b"1234")
    begun.write_fit({**FIT, "saved": True})
    begun.refuse_changed_model(begun.fit())
    (begun.model / "weights").write_bytes(b"1244")
    with pytest.raises(DamagedFile, match="model is damaged: its files are not those that were saved"):
        begun.refuse_changed_model(begun.fit())


# Evaluations


def test_an_evaluation_comes_back_as_it_was_written(folder):
    probabilities = np.array([[0.25, 0.75], [1.0, 0.0]])
    folder.write_evaluation(KEY, probabilities, {"draw": "first", "seconds": 0.5})
    read, record = folder.read_evaluation(KEY)
    assert np.array_equal(read, probabilities)
    assert (record.draw, record.seconds, record.key) == ("first", 0.5, KEY)


def test_an_evaluation_of_an_older_version_is_read(begun):
    (begun.path / "evaluations").mkdir()
    text = np.frombuffer(json.dumps({"draw": "first", "seconds": 0.5}).encode(), np.uint8)
    np.savez(begun.evaluation_file(KEY), probabilities=np.full((3, 2), 0.5), record=text)
    read, record = begun.read_evaluation(KEY)
    assert (read.shape, record.sha256) == ((3, 2), None)


def harmed(path, harm):
    whole = path.read_bytes()
    if harm == "flipped":
        return flip_a_byte(path)
    header = {"wide": (b"(40, 2)", b"(40, 1)"), "fewer": (b"(40, 2)", b"(20, 2)"), "type": (b"<f8", b"<i8")}
    if harm in header:
        assert header[harm][0] in whole
        return path.write_bytes(whole.replace(*header[harm]))
    return path.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "text": b"not a zip"}[harm])


@pytest.mark.parametrize("harm", ["empty", "half", "text", "flipped", "wide", "fewer", "type"])
def test_a_damaged_evaluation_is_told_and_stays(folder, harm):
    folder.write_evaluation(KEY, np.full((40, 2), 0.5), {"draw": "first"})
    path = folder.evaluation_file(KEY)
    harmed(path, harm)
    content = path.read_bytes()
    with pytest.raises(DamagedFile, match=rf"{KEY}.npz is damaged: .*The run's command, repeated, makes it anew"):
        folder.read_evaluation(KEY)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("probabilities", "reason"),
    [
        ([[np.nan, 1.0]], "below zero, or one that is no number"),
        ([[-0.5, 1.5]], "below zero"),
        ([[np.inf, 0.0]], "do not sum to one"),
        ([[0.5, 0.4]], "do not sum to one"),
    ],
)
def test_what_are_no_probabilities_is_damage_though_every_checksum_fits(folder, probabilities, reason):
    folder.write_evaluation(KEY, np.array(probabilities), {})
    with pytest.raises(DamagedFile, match=reason):
        folder.read_evaluation(KEY)


def test_probabilities_changed_by_hand_are_damage(folder):
    folder.write_evaluation(KEY, np.array([[0.25, 0.75]]), {})
    with np.load(folder.evaluation_file(KEY)) as content:
        record = content["record"]
    np.savez(folder.evaluation_file(KEY), probabilities=np.array([[0.75, 0.25]]), record=record)
    with pytest.raises(DamagedFile, match="its probabilities were changed, as their SHA-256 is another one"):
        folder.read_evaluation(KEY)


def test_another_shape_and_another_evaluation_are_damage(folder):
    folder.write_evaluation(KEY, np.full((4, 2), 0.5), {})
    with pytest.raises(DamagedFile, match=r"it has .4, 2. probabilities; expected .5, 2."):
        folder.read_evaluation(KEY, (5, 2))
    folder.evaluation_file(KEY).rename(folder.evaluation_file(KEY[::-1]))
    with pytest.raises(DamagedFile, match=f"it is of another evaluation .{KEY}"):
        folder.read_evaluation(KEY[::-1])


def test_a_passing_error_of_the_disk_removes_nothing(folder, monkeypatch):
    folder.write_evaluation(KEY, np.full((4, 2), 0.5), {})

    def fail(*arguments):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        for read in (folder.fit, lambda: folder.read_evaluation(KEY), lambda: folder.set_damaged_aside({KEY: (4, 2)})):
            with pytest.raises(UnreadableFile, match="cannot be read now: Input/output error"):
                read() or folder.read_evaluation(KEY)
    assert folder.has(KEY)


def test_a_worker_renames_what_is_damaged(folder):
    folder.write_evaluation(KEY, np.full((4, 2), 0.5), {})
    folder.write_fit(FIT)
    flip_a_byte(folder.evaluation_file(KEY))
    flip_a_byte(folder.path / "fit.json")
    folder.set_damaged_aside({KEY: (4, 2)})
    assert (folder.has(KEY), folder.fitted()) == (False, False)
    assert folder.evaluation_file(KEY).with_name(f"{KEY}.npz.damaged").exists()
    assert (folder.path / "fit.json.damaged").exists()


def test_a_missing_evaluation_is_none_without_a_word(folder, caplog):
    assert folder.read_evaluation(KEY) is None
    assert not caplog.text


def test_a_write_that_fails_leaves_no_stump(folder):
    folder.path.mkdir()
    (folder.path / "evaluations").write_text("in the way")
    with pytest.raises(ResultsError, match=r".npz cannot be written: .*finished work is kept"):
        folder.write_evaluation(KEY, np.ones((1, 1)), {})
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
