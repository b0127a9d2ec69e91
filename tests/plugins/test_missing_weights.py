"""Extractors whose weights or libraries are missing are listed with the reason, and stop nobody else."""

import json
import subprocess
import sys
import textwrap

import pytest

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


def test_what_needs_the_speaker_encoder_is_listed_with_the_command_that_brings_its_weights():
    listed = json.loads(sabench("resemblyzer", "list", "features", "--json").stdout)["features"]
    reasons = {offer["name"]: offer["broken"] for offer in listed}
    for name in ("dvector", "functionals-dvector"):
        assert "pip install --no-deps resemblyzer==0.1.4" in reasons[name]
    assert "egemaps" in reasons
    assert not reasons["egemaps"]


@pytest.mark.parametrize("asked", [("svm", "--features", "dvector"), ("speaker-embedding",)])
def test_asked_for_without_its_weights_it_is_refused_before_anything_is_computed(asked, tones, tmp_path):
    done = sabench(
        "resemblyzer", "run", "-a", *asked, "-d", "table", "--root", str(tones),
        "--results", str(tmp_path / "results"),
    )  # fmt: skip
    assert done.returncode != 0
    assert "pip install --no-deps resemblyzer==0.1.4" in " ".join(done.stderr.split())
    assert not (tmp_path / "results" / "cells").exists()
