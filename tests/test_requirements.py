"""The files that installations go by name what the project needs, and nothing that is not there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NAME = re.compile(r"^[A-Za-z0-9_.-]+")


def names(lines):
    return {NAME.match(line)[0].lower().replace("_", "-") for line in lines if NAME.match(line)}


def pins(file):
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    return dict(line.partition(" ")[0].lower().replace("_", "-").split("==") for line in lines if NAME.match(line))


def test_every_dependency_has_the_version_that_the_tests_ran_with():
    assert names(PROJECT["dependencies"]) <= pins("constraints.txt").keys()


@pytest.mark.parametrize("extra", ["audb", "cluster", "dask", "docs", "dvector", "ssl", "dev"])
def test_so_has_every_extra(extra):
    assert names(PROJECT["optional-dependencies"][extra]) - {"sabench"} <= pins("constraints.txt").keys()


def test_the_light_way_installs_nothing_that_it_is_meant_to_do_without():
    assert not pins("light.txt").keys() & {"torch", "torchaudio", "mlflow", "espeakng-loader"}
    assert {"numpy", "opensmile", "scikit-learn", "typer"} <= pins("light.txt").keys()


def test_what_the_dockerfile_copies_is_there_and_is_let_through():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in let_through
    for name in re.findall(r"requirements/\S+\.txt", "\n".join(lines)):
        assert (ROOT / name).is_file()
