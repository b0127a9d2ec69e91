from __future__ import annotations

import subprocess
import sys

import pytest

from sabench_plugins.neural.fast import memory

FAULTS = """
import resource, sys
import torch
from sabench_plugins.neural.fast.memory import give_back, keep_freed

if sys.argv[1] == "kept":
    keep_freed()
def touch():
    torch.ones(5_000_000)
    torch.ones(5_100_000)
for _ in range(3):
    touch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    touch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
give_back()
"""


@pytest.mark.skipif(memory.platform.libc_ver()[0] != "glibc", reason="other libraries are left as they are")
def test_kept_memory_is_not_mapped_anew():
    done = subprocess.run([sys.executable, "-c", FAULTS, "kept"], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000  # twenty times 40 MB are 200,000 pages


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory.platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: pytest.fail("asked for the C library"))
    memory.keep_freed()
    memory.give_back()
