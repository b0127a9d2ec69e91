"""Extractors whose weights or libraries are missing are listed with the reason, and stop nobody else."""

import json
import subprocess
import sys
import textwrap

HIDDEN = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "{hidden}" else find(name, package)
from sabench.cli import main
sys.argv = ["sabench", *{arguments!r}]
main()
"""


def sabench(hidden, *arguments):
    script = textwrap.dedent(HIDDEN).format(hidden=hidden, arguments=list(arguments))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_dvector_without_its_weights_is_listed_with_the_command_that_brings_them():
    listed = json.loads(sabench("resemblyzer", "list", "features", "--json").stdout)["features"]
    reasons = {offer["name"]: offer["broken"] for offer in listed}
    assert "pip install --no-deps resemblyzer==0.1.4" in reasons.pop("dvector")
    assert "egemaps" in reasons
    assert not reasons["egemaps"]


def test_asked_for_without_its_weights_dvector_is_refused_before_anything_is_computed(tones, tmp_path):
    done = sabench(
        "resemblyzer", "run", "-a", "svm", "--features", "dvector", "-d", "table", "--root", str(tones),
        "--results", str(tmp_path / "results"),
    )  # fmt: skip
    assert done.returncode != 0
    assert "pip install --no-deps resemblyzer==0.1.4" in " ".join(done.stderr.split())
    assert not (tmp_path / "results" / "cells").exists()
