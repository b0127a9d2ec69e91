import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from sabench.machine import processes


def test_count_is_what_was_asked_for_and_at_least_one():
    assert [processes.count(3), processes.count(0)] == [3, 1]
    assert 1 <= processes.count() <= (os.cpu_count() or 1)


def test_a_pool_runs_work_in_other_processes_of_one_thread():
    with processes.pool(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"


def test_an_interrupt_from_the_keyboard_is_left_to_the_parent():
    with processes.pool(1) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN


def busy_then_interrupted(pids: list[int]) -> None:
    with processes.pool(1) as pool:
        pids.append(pool.submit(os.getpid).result())
        pool.submit(time.sleep, 60)
        raise KeyboardInterrupt


def test_an_error_in_the_block_ends_workers_that_are_busy():
    pids: list[int] = []
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        busy_then_interrupted(pids)
    assert time.monotonic() - started < 30
    assert not psutil.pid_exists(pids[0])


def test_workers_end_when_their_parent_is_killed():
    script = """
        import os, time
        from sabench.machine import processes
        with processes.pool(1) as pool:
            print(pool.submit(os.getpid).result(), flush=True)
            pool.submit(time.sleep, 60)
            time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        gone, _ = psutil.wait_procs([worker], timeout=10)
    assert gone
