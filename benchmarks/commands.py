"""How long do small commands take, against a bare Python that imports the libraries they cannot do without?

    python benchmarks/commands.py --root EMODB [--dataset emodb] [--rounds 5] [--before TREE]

Makes one run of `svm`, then starts `sabench list`, `show`, `leaderboard` and `predict` of one recording by turns with
the bare imports, and prints medians of wall and processor seconds and the ratio of the latter, which other work on the
machine disturbs less. With `--before`, every command is also run from another source tree of sabench.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from growth import instruction_set, usual_environment

BARE = {
    "list": "import typer, pydantic, numpy",
    "show": "import typer, pydantic, numpy, scipy.special",
    "leaderboard": "import typer, pydantic, numpy, scipy.special",
    "predict": "import typer, pydantic, numpy, opensmile, sklearn.pipeline, sklearn.preprocessing, sklearn.svm",
}


def spent(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Return wall and processor seconds of a command."""
    started = time.perf_counter()
    with (folder / "log.txt").open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=stream)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{(folder / 'log.txt').read_text()[-2000:]}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime


def main() -> int:
    """Take all sides by turns and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--dataset", default="emodb")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", type=Path, help="another source tree of sabench, such as a git worktree")
    options = parser.parse_args()
    root = options.root.resolve()
    recording = next(path for path in sorted(root.rglob("*")) if path.suffix in (".wav", ".flac"))
    ours = [sys.executable, "-P", "-m", "sabench"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = {**usual_environment(), "SABENCH_CACHE": str(folder / "cache")}
        environments = {"now": now}
        if options.before:
            tree = options.before.absolute()
            environments["before"] = {**now, "PYTHONPATH": os.pathsep.join((str(tree), str(tree / "plugins")))}
        run = [*ours, "run", "--adapter", "svm", "--dataset", options.dataset, "--root", str(root), "--no-track"]
        for side, environment in environments.items():  # each reads what it wrote itself
            (folder / side).mkdir()
            spent(run, folder / side, environment)
        (of_run,) = (path.name for path in (folder / "now" / "sabench-results" / "runs").iterdir())
        commands = {
            "list": ["list"],
            "show": ["show", of_run],
            "leaderboard": ["leaderboard"],
            "predict": ["predict", str(recording), "--run", of_run],
        }
        print(
            f"{os.cpu_count()} cores, {instruction_set()}, load {os.getloadavg()[0]:.1f}; medians of {options.rounds}"
        )
        for command, words in commands.items():
            taken: dict[str, list[tuple[float, float]]] = {side: [] for side in (*environments, "bare")}
            for _ in range(options.rounds + 1):
                for side, environment in environments.items():
                    taken[side].append(spent([*ours, *words], folder / side, environment))
                taken["bare"].append(spent([sys.executable, "-c", BARE[command]], folder, now))
            middle = {  # without the first round, which compiles what is new
                side: [statistics.median(part) for part in zip(*each[1:], strict=True)] for side, each in taken.items()
            }
            bare = middle["bare"][1]
            for side, (wall, cpu) in middle.items():
                print(
                    f"{command:12} {side:7} {wall:5.2f} s, processor {cpu:5.2f} s, {cpu / bare:4.2f} times bare",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
