import ctypes
import importlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from sabench.machine import isolation
from sabench.machine.isolation import Died, Raised, Unreadable, apart

seen: list[int] = []


def remember(number):
    seen.append(number)
    return list(seen)


def test_the_value_comes_back():
    assert apart(lambda pair: {"sum": sum(pair), "none": None}, (1, 2.5)) == {"sum": 3.5, "none": None}


def test_no_work_sees_what_other_work_left_behind():
    assert [apart(remember, number) for number in (1, 2)] == [[1], [2]]
    assert seen == []


def test_work_is_done_in_a_process_of_its_own():
    assert len({os.getpid(), *(apart(lambda _: os.getpid(), None) for _ in range(3))}) == 4


def test_a_process_can_be_started_instead_of_forked():
    assert [apart(remember, number, fork=False) for number in (1, 2)] == [[1], [2]]


@pytest.mark.parametrize("fork", [True, False])
def test_the_surroundings_are_those_of_whoever_asks(fork, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SABENCH_ISOLATION", "here")
    monkeypatch.syspath_prepend("/nowhere")
    there = apart(lambda _: [os.getcwd(), os.environ["SABENCH_ISOLATION"], sys.path[0]], None, fork=fork)
    assert there == [str(tmp_path), "here", "/nowhere"]


def test_global_generators_give_other_numbers_to_other_work():
    draws = [apart(lambda _: [random.random(), np.random.random()], None) for _ in range(2)]  # noqa: NPY002
    assert draws[0][0] != draws[1][0]
    assert draws[0][1] != draws[1][1]


# What goes wrong


@pytest.mark.parametrize("fork", [True, False])
@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda _: os._exit(0), r"^ended by itself with exit status 0$"),
        (lambda _: ctypes.string_at(0), r"^was killed by signal 11 \(SIGSEGV\)$"),
        (lambda _: os.kill(os.getpid(), signal.SIGKILL), r"^was killed by signal 9 \(SIGKILL; .*memory runs out\)$"),
        (lambda _: os.closerange(0, 256), r"^ended by itself with exit status 1$"),
    ],
    ids=["exit", "segfault", "kill", "closed descriptors"],
)
def test_a_process_that_dies_is_told_as_what_happened(work, words, fork):
    with pytest.raises(Died, match=words):
        apart(work, None, fork=fork)
    assert apart(abs, -1) == 1


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raising(error):
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no luck"), "^ValueError: no luck$"),
        (SystemExit(3), "^SystemExit: 3$"),
        (KeyboardInterrupt(), "^KeyboardInterrupt$"),
        (Silent(), "^Silent, which cannot be printed: its text raises RuntimeError$"),
    ],
)
def test_an_error_is_told_in_words(error, words):
    with pytest.raises(Raised, match=words):
        apart(raising, error)


def test_a_value_that_is_no_json_is_told():
    with pytest.raises(Raised, match="TypeError: Object of type set is not JSON serializable"):
        apart(lambda _: set(), None)


class Broken:
    def __reduce__(self):
        return int, ("no number",)


def test_work_that_cannot_be_read_there_is_told():
    with pytest.raises(Unreadable, match="ValueError: invalid literal for int"):
        apart(abs, Broken())


def test_work_that_cannot_be_sent_raises_here():
    with pytest.raises(TypeError, match="cannot pickle 'generator' object"):
        apart(abs, (number for number in ()))


# Work within work


def within(_):
    return [apart(lambda _: os.getpid(), None), os.getpid()]


def test_work_can_have_work_done_apart():
    inner, outer = apart(within, None)
    assert inner != outer
    assert os.getpid() not in (inner, outer)


def fork_a_sleeper_and_die(path):
    from threading import Thread

    def sleep(_):
        with open(path, "w") as file:
            file.write(str(os.getpid()))
        time.sleep(60)

    Thread(target=apart, args=(sleep, None), daemon=True).start()
    while not (os.path.exists(path) and os.path.getsize(path)):
        time.sleep(0.01)
    os._exit(0)


def test_what_work_has_asked_for_ends_with_it(tmp_path):
    with pytest.raises(Died):
        apart(fork_a_sleeper_and_die, str(tmp_path / "pid"))
    (pid,) = (int(text) for text in (tmp_path / "pid").read_text().split())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)


# The warm process


def threads_of_parent(_):
    tasks = Path(f"/proc/{os.getppid()}/task")
    return [(task / "comm").read_text().strip() for task in tasks.iterdir()]


def test_it_has_no_thread_that_a_fork_would_lose():
    isolation.prepare([("sabench.cells.rehearsal:rehearse", "sklearn.svm", "torch")])
    threads = apart(threads_of_parent, None)
    threads = [name for name in threads if name != "jemalloc_bg_thd"]  # of pyarrow, which follows a fork
    assert len(threads) == 1


def test_a_module_that_changes_on_disk_is_imported_anew(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = tmp_path / "changing.py"
    module.write_text("def number(*_): return 1\n")
    changing = importlib.import_module("changing")
    isolation.prepare([("changing:number",)])
    assert apart(changing.number, None) == 1
    module.write_text("def number(*_): return 2 + 0\n")
    isolation.prepare([("changing:number",)])
    assert apart(changing.number, None) == 2


def test_a_step_that_fails_stops_nothing():
    isolation.prepare([("nowhere.at.all:step",), ("sabench.machine.isolation:_PLACE",)])
    assert apart(abs, -1) == 1


PRINTS = """
    import os
    from sabench.machine.isolation import apart
    def work(number):
        print("printed", flush=True)
        os.write(1, b"written")
        return number
    print(apart(work, 1), apart(work, 2, fork=False))
"""


def test_what_is_printed_goes_to_standard_error():
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(PRINTS)], capture_output=True, text=True, check=True)
    assert done.stdout == "1 2\n"
    assert done.stderr.count("printed") == done.stderr.count("written") == 2


SLEEPS = """
    import os, time
    from threading import Thread
    from sabench.machine import isolation
    if {here}:
        isolation.begin_here()
    def work(_):
        print(os.getppid(), os.getpid(), flush=True)
        time.sleep(60)
    Thread(target=isolation.apart, args=(work, None)).start()
"""


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_when_whoever_asked_is_killed(number, here):
    command = [sys.executable, "-c", textwrap.dedent(SLEEPS.format(here=here))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stderr is not None
        processes = [psutil.Process(int(pid)) for pid in parent.stderr.readline().split()]
        parent.send_signal(number)
        _, alive = psutil.wait_procs(processes, timeout=10)
    assert len(processes) == 2
    assert not alive
