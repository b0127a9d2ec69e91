"""The networks on a processor without AVX-512, whatever this one is: oneDNN then runs other code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
FILES = (
    "test_neural_network.py",
    "test_neural_convolution.py",
    "test_neural_margins.py",
    "test_neural_normalisation.py",
    "test_neural_training.py",
    "test_neural_conformance.py",
)
GUARD = ROOT / "benchmarks" / "guard_pages.py"
ISA = "ONEDNN_MAX_CPU_ISA"


@pytest.mark.skipif(os.environ.get(ISA) == "AVX2", reason="all tests run under AVX2 already")
def test_the_tests_of_the_networks_pass_under_avx2():
    """Without the slowest, which learns in bfloat16: only newer processors multiply that."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not learns_what_is_easy"]
    environment = {**os.environ, ISA: "AVX2", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *(str(HERE / name) for name in FILES)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.skipif(
    shutil.which("cc") is None or not sys.platform.startswith("linux"), reason="needs Linux and a C compiler"
)
@pytest.mark.parametrize(("more", "status"), [((), 0), (("--strided",), 1)])
def test_shortcuts_stay_within_their_memory_and_the_strided_ones_of_before_did_not(more, status):
    command = [sys.executable, str(GUARD), "--setting", "AVX2", "--only", "Shortcut, inputs 4", *more]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("GUARD write" in done.stdout) == bool(status)
