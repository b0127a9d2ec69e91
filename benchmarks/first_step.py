"""From the command to the first training step, against the least that a program with torch can take.

    python benchmarks/first_step.py --root EMODB [--dataset emodb] [--rounds 3]

By turns, each in fresh processes: a bare program that imports torch, makes the network and takes one step with made-up
numbers; and `sabench run --adapter resnet --preset small` with features cached, as it comes (worker processes where
there are cores for them) and with `--jobs 1`. Prints seconds, medians, and the command's over the bare program's.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from growth import instruction_set, usual_environment

HOOK = '''
import builtins, os, sys

ENGINE, plain = "sabench_plugins.neural.engine", builtins.__import__

def watched(*args, **kwargs):
    """Import as ever; once the engine is there, have its first step leave a mark."""
    module = plain(*args, **kwargs)
    engine = sys.modules.get(ENGINE)
    if hasattr(engine, "Training") and builtins.__import__ is watched:
        builtins.__import__ = plain
        step = engine.Training._step
        def first(*args, **kwargs):
            done = step(*args, **kwargs)
            open(os.environ["FIRST_STEP"], "w").close()
            engine.Training._step = step
            return done
        engine.Training._step = first
    return module

builtins.__import__ = watched
'''
"""Python imports a module called sitecustomize when it starts, in worker processes too."""

BARE = """
import torch
from sabench_plugins.neural.network import Network
from sabench_plugins.neural.sizes import Shape
network = Network(Shape(201, 7, width=0.125))
optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
network(torch.randn(16, 1, 201, 200)).square().mean().backward()
optimiser.step()
open(__import__("os").environ["FIRST_STEP"], "w").close()
"""

LONGEST_S = 300.0


def seconds_to_step(command: list[str], folder: Path, more: Mapping[str, str]) -> float:
    """Return the seconds from a command's start to the mark of its first step; then end it."""
    mark = folder / "first-step"
    mark.unlink(missing_ok=True)
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        env={**usual_environment(), **more, "FIRST_STEP": str(mark)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while not mark.exists() and process.poll() is None and time.perf_counter() - started < LONGEST_S:
            time.sleep(0.002)
        passed = time.perf_counter() - started
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    if not mark.exists():
        sys.exit(f"No step within {passed:.0f} s of: {' '.join(command)}")
    return passed


def main() -> int:
    """Take all sides by turns and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="folder of the recordings")
    parser.add_argument("--dataset", default="emodb")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    run = [
        sys.executable,
        "-m",
        "sabench",
        "run",
        "--dataset",
        options.dataset,
        "--root",
        str(Path(options.root).resolve()),
    ]
    neural = [*run, "--adapter", "resnet", "--preset", "small"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
        more = {
            "SABENCH_CACHE": str(folder / "cache"),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))),
        }
        sides = {"bare": [sys.executable, "-c", BARE], "as it comes": neural, "--jobs 1": [*neural, "--jobs", "1"]}
        seconds_to_step(neural, folder, more)  # extracts the features
        taken: dict[str, list[float]] = {side: [] for side in sides}
        for number in range(options.rounds):
            for side, command in sides.items():
                fresh = [] if side == "bare" else ["--results", f"results-{number}-{side[-1]}"]
                taken[side].append(seconds_to_step([*command, *fresh], folder, more))
    print(f"{os.cpu_count()} cores, {instruction_set()}, load {os.getloadavg()[0]:.1f}")
    middle = {side: statistics.median(seconds) for side, seconds in taken.items()}
    for side, seconds in taken.items():
        each = ", ".join(f"{value:.1f}" for value in seconds)
        print(f"{side:12} {middle[side]:5.1f} s ({each}), {middle[side] / middle['bare']:.2f} times bare")
    return 0


if __name__ == "__main__":
    sys.exit(main())
