"""How long does `sabench --help` take, against importing the two libraries that print it?

Both are started as processes of their own, in alternation. Run it with

    python benchmarks/help.py [--pairs 15]

The ratio of the medians should be at most 3, and none of torch, numpy, mlflow and pandas be imported.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from growth import instruction_set, usual_environment

HEAVY = ("torch", "numpy", "mlflow", "pandas")


def seconds(command: list[str]) -> float:
    """Return the wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=usual_environment())
    return time.perf_counter() - started


def imported() -> list[str]:
    """Return the heavy libraries that `sabench --help` imports."""
    script = f"""
import sys
from sabench.cli import main
sys.argv = ["sabench", "--help"]
try:
    main()
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return [name for name in HEAVY if repr(name) in done.stderr]


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    options = parser.parse_args()

    ours = [str(Path(sysconfig.get_path("scripts")) / "sabench"), "--help"]
    theirs = [sys.executable, "-c", "import typer, rich"]
    seconds(ours), seconds(theirs)  # compiled and in the file cache before it counts
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(options.pairs)]
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{os.cpu_count()} cores, {instruction_set()}, load {os.getloadavg()[0]:.1f}")
    print(f"sabench --help {1000 * a:.0f} ms, import typer, rich {1000 * b:.0f} ms (medians of {options.pairs})")
    print(f"heavy libraries imported: {', '.join(imported()) or 'none'}")
    print(f"ratio of medians: {a / b:.2f} (at most 3)")


if __name__ == "__main__":
    main()
