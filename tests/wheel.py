"""Builds the wheel and runs tests of the whole harness against it, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ACROSS = ("registry/test_registry.py", "running/test_runner.py", "cli/test_run.py", "cli/test_list.py")
"""Tests that reach every room: entry points, packaged data, worker processes, the command line."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(CHECKOUT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        wheel = next(Path(folder).glob("*.whl"))
        installed = Path(folder) / "installed"
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(installed),
            str(wheel),
        ]
        subprocess.run(install, check=True)
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        where = subprocess.run(
            [sys.executable, "-c", "import sabench; print(sabench.__file__)"],
            check=True, cwd=folder, env=environment, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        if not where.startswith(str(installed)):
            print(f"The wheel's tests would have run on {where}; expected something below {installed}.")
            return 1
        print(f"testing {wheel.name}")
        tests = [str(CHECKOUT / "tests" / name) for name in ACROSS]
        settings = ["--rootdir", str(CHECKOUT), "-c", str(CHECKOUT / "pyproject.toml"), "-q"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *settings, *tests], cwd=folder, env=environment
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
