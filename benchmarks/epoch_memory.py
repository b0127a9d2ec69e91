"""How much private memory does a training epoch take, features streaming from the store?

    python benchmarks/epoch_memory.py --root PATH [--dataset aibo] [--adapter resnet] [--set adapter.width=0.0625]

Runs one epoch of the preset `small` in a fresh process and adds up, again and again, what it and its children share
with nobody. Made for a full-scale twin (`sabench dataset simulate aibo PATH --scale 1`: 18,216 utterances), where the
peak should stay below 3 GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

GIGABYTE = 1e9
LIMIT_GB = 3.0
EVERY_S = 0.5


def private_bytes(root: psutil.Process) -> int:
    """Return the memory that a process and its children share with nobody."""
    return sum(_alone(process) for process in (root, *_children(root)))


def _children(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _alone(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:  # it has just ended
        return 0


def readings(process: subprocess.Popen[bytes]) -> Iterator[int]:
    """Yield private bytes until a process ends."""
    root = psutil.Process(process.pid)
    while process.poll() is None:
        yield private_bytes(root)
        time.sleep(EVERY_S)


def main() -> int:
    """Run the epoch and print its peak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--dataset", default="aibo")
    parser.add_argument("--adapter", default="resnet")
    parser.add_argument("--set", action="append", default=[], help="as of sabench run")
    options = parser.parse_args()
    command = [sys.executable, "-m", "sabench", "run", "--dataset", options.dataset, "--root", str(options.root)]
    command += ["--adapter", options.adapter, "--preset", "small", "--jobs", "1", "--no-track"]
    for setting in ("adapter.epochs=1", *options.set):
        command += ["--set", setting]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with subprocess.Popen([*command, "--results", folder]) as process:
            private_bytes = list(readings(process))
    if process.returncode:
        return process.returncode
    peak = max(private_bytes) / GIGABYTE
    print(
        f"{time.perf_counter() - started:.0f} s, {len(private_bytes)} readings: private at most {peak:.2f} GB "
        f"({peak / LIMIT_GB:.0%} of {LIMIT_GB:g} GB)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
