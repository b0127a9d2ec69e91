import json
import os
from concurrent.futures import Future
from threading import Event

import pytest
import tiny

from sabench.cells.folder import CellFolder
from sabench.errors import ResultsError
from sabench.machine.isolation import Died, Raised
from sabench.running.executors import Isolated
from sabench.running.supervisor import Execution, Tail

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def cells(tones, tmp_path):
    def make(adapter="faulty", **settings):
        given = {f"adapter.{key}": value for key, value in {"notes": str(tmp_path / "notes"), **settings}.items()}
        return tiny.cells(tiny.plan(tones, tmp_path, adapters=adapter, settings=given))

    return make


@pytest.fixture
def isolated():
    executor = Isolated(2)
    yield executor
    executor.close()


class Outcome:
    """What an execution told."""

    def __init__(self, cells, executor):
        self.ended, self.lines, self.polls = {}, [], 0
        Execution(executor, self.end, self.line, self.poll).run(cells)

    def end(self, cell, status, reason):
        assert cell.fold not in self.ended
        self.ended[cell.fold] = (status, reason)

    def line(self, cell, line):
        self.lines.append((cell.fold, line["epoch"]))

    def poll(self):
        self.polls += 1

    @property
    def statuses(self):
        return {fold: status for fold, (status, _) in sorted(self.ended.items())}


def fits_without(tmp_path, speaker):
    """Count the fits that did not train on a speaker."""
    lines = (tmp_path / "notes").read_text().splitlines()
    return sum(speaker not in line.partition(" ")[2] for line in lines)


def test_all_cells_come_to_an_end(cells, isolated):
    outcome = Outcome(cells("nearest"), isolated)
    assert outcome.statuses == dict.fromkeys(("s0", "s1", "s2", "s3"), "complete")
    assert outcome.polls > 0


def test_a_failed_cell_does_not_stop_the_others(cells, isolated):
    outcome = Outcome(cells(fault="raise", target="s1"), isolated)
    assert outcome.ended["s1"] == ("failed", "RuntimeError: no luck (in fit)")
    assert {fold for fold, (status, _) in outcome.ended.items() if status == "complete"} == {"s0", "s2", "s3"}


def test_every_epoch_is_told_once(cells, isolated):
    outcome = Outcome(cells("nearest-to-neutral"), isolated)
    assert sorted(outcome.lines) == [(f"s{i}", epoch) for i in range(4) for epoch in (1, 2, 3)]


def test_a_cell_whose_worker_is_killed_once_is_tried_again_and_the_others_complete(cells, isolated, tmp_path):
    outcome = Outcome(cells(fault="kill-once", target="s1"), isolated)
    assert outcome.statuses == dict.fromkeys(("s0", "s1", "s2", "s3"), "complete")
    assert (tmp_path / "notes.killed").exists()
    assert fits_without(tmp_path, "s1") == 2


def test_a_cell_whose_worker_dies_twice_fails_and_the_others_complete(cells, isolated, tmp_path, caplog):
    outcome = Outcome(cells(fault="kill", target="s1"), isolated)
    assert outcome.statuses == {"s0": "complete", "s1": "failed", "s2": "complete", "s3": "complete"}
    assert outcome.ended["s1"][1] == (
        "Its process was killed by signal 9 (SIGKILL; systems do that where memory runs out) in fold s1, "
        "and again when it was tried once more, alone."
    )
    assert fits_without(tmp_path, "s1") == 2
    assert "was killed by signal 9" in caplog.text
    assert "in fold s1; it is tried once more, alone" in caplog.text


def test_the_reason_of_a_death_is_kept_in_the_folder(cells, isolated):
    made = cells(fault="kill", target="s1")
    Outcome(made[:2], isolated)
    folder = CellFolder(made[1].folder)
    assert folder.error().startswith("Its process was killed by signal 9")
    assert not folder.attempted()


class Unreadable:
    """Can be pickled, and not be read back."""

    def __reduce__(self):
        return int, ("no number",)


def test_a_cell_that_a_worker_cannot_read_says_so_and_the_others_complete(cells, isolated):
    made = cells("nearest")
    object.__setattr__(made[1], "identity", {"x": Unreadable()})
    outcome = Outcome(made, isolated)
    assert outcome.statuses == {"s0": "complete", "s1": "failed", "s2": "complete", "s3": "complete"}
    assert "A worker could not read it: " in outcome.ended["s1"][1]
    assert "invalid literal for int" in outcome.ended["s1"][1]


def test_a_cell_that_cannot_be_sent_says_so_and_the_others_complete(cells, isolated):
    made = cells("nearest")
    object.__setattr__(made[1], "identity", {"x": (i for i in ())})
    outcome = Outcome(made, isolated)
    assert outcome.statuses == {"s0": "complete", "s1": "failed", "s2": "complete", "s3": "complete"}
    assert "could not be handed to a worker: " in outcome.ended["s1"][1]


class Gone:
    """A cluster whose scheduler died: its client cancels what was submitted."""

    slots = ahead = 1

    def submit(self, work, cell):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_a_scheduler_that_is_gone_is_told_with_what_to_do(cells):
    with pytest.raises(ResultsError, match="scheduler that ran the folds is gone. Finished folds are kept"):
        Outcome(cells("nearest"), Gone())


class Elsewhere:
    """Workers that do not see the folders of this process."""

    slots = ahead = 1

    def __init__(self, status):
        self.status = status

    def submit(self, work, cell):
        future = Future()
        future.set_result(self.status)
        return future


@pytest.mark.parametrize("status", ["complete", "failed"])
def test_what_a_worker_did_in_another_folder_is_a_failure_with_its_reason(cells, status):
    (cell,) = cells("nearest")[:1]
    outcome = Outcome([cell], Elsewhere(status))
    words = f"The worker says {status}, and {cell.folder} does not: it does not see this folder."
    assert outcome.ended["s0"][0] == "failed"
    assert outcome.ended["s0"][1].startswith(words)
    assert CellFolder(cell.folder).error().startswith(words)


# Following a file


def test_a_tail_tells_new_lines_once_and_stumps_when_they_are_whole(tmp_path):
    path = tmp_path / "history.jsonl"
    tail = Tail(path)
    assert tail.read() == []
    path.write_text('{"epoch": 1}\n{"epo')
    assert tail.read() == [{"epoch": 1}]
    assert tail.read() == []
    with path.open("a") as stream:
        stream.write('ch": 2}\n' + json.dumps({"epoch": 3}) + "\n")
    assert tail.read() == [{"epoch": 2}, {"epoch": 3}]


def test_a_tail_passes_over_what_is_no_line_of_a_history(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"epoch": 1\n17\n{"epoch": 2}\n')
    assert Tail(path).read() == [{"epoch": 2}]


# Each in a process of its own


def first_process(path):
    """Return the process that has worked on a cell, from the notes that its fit left."""
    return [int(line.split()[0]) for line in path.read_text().splitlines()]


def test_no_two_cells_share_a_process_and_none_is_in_this_one(cells, isolated, tmp_path):
    Outcome(cells("nearest"), isolated)
    processes = first_process(tmp_path / "notes")
    assert len(processes) == len(set(processes)) == 4
    assert os.getpid() not in processes


def wait(seconds):
    Event().wait(seconds)
    return "complete"


def test_closing_ends_the_cell_at_work_at_once_and_drops_the_others(cells):
    executor, cell = Isolated(1), cells("nearest")[0]
    working = executor.submit(lambda cell: wait(60), cell)
    waiting = executor.submit(lambda cell: "complete", cell)
    Event().wait(1)
    executor.close()
    with pytest.raises(Died):
        working.result(20)
    assert not waiting.done()


def test_what_a_cell_raises_is_raised_to_whoever_asks(cells, isolated):
    future = isolated.submit(lambda cell: 1 / 0, cells("nearest")[0])
    with pytest.raises(Raised, match="ZeroDivisionError: division by zero"):
        future.result(20)
