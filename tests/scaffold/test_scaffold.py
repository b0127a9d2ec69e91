import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sabench import DatasetError, PlanError
from sabench.checks import Subject, run
from sabench.registry.registry import Registry
from sabench.scaffold import distribution
from sabench.scaffold.distribution import class_of, rendered

NAME = "my-own2"


def written(kind, folder, name=NAME):
    return distribution.write(name, kind, folder, Registry())


@pytest.fixture
def imported(monkeypatch):
    """Import the module of a distribution; it is forgotten afterwards, since one that is there counts as installed."""
    names = []

    def load(place):
        monkeypatch.syspath_prepend(str(place / "src"))
        names.append(place.name.replace("-", "_"))
        return importlib.import_module(names[-1])

    yield load
    for name in names:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, NAME) for kind in distribution.KINDS),
        ("adapter", "none"),
        ("adapter", "access"),
        ("dataset", "corpus"),
        ("normaliser", "moved"),
    ],
)
def test_a_new_plugin_keeps_every_promise_of_its_kind(kind, name, tmp_path, imported):
    cls = getattr(imported(written(kind, tmp_path, name)), class_of(name, kind))

    def simulate(folder):
        cls().simulate(folder)
        return folder

    outcomes = list(run(Subject(cls(), simulate if kind == "dataset" else None)))
    assert [(outcome.check, outcome.detail) for outcome in outcomes if outcome.status == "failed"] == []


@pytest.mark.parametrize("kind", distribution.KINDS)
def test_a_new_plugin_is_found_by_its_name_through_its_hook(kind, tmp_path, imported):
    module = imported(written(kind, tmp_path))
    assert Registry(extra=[module]).get(distribution.KINDS[kind], NAME) is getattr(module, class_of(NAME, kind))


@pytest.fixture
def dataset(tmp_path, imported):
    """A new dataset plugin that reads a folder with one recording and the given labels."""
    cls = getattr(imported(written("dataset", tmp_path)), class_of(NAME, "dataset"))

    def load(labels):
        (tmp_path / "a.wav").touch()
        (tmp_path / "labels.csv").write_text(labels, encoding="utf-8")
        return cls().load(tmp_path, "emotion")

    return load


def test_a_new_dataset_reads_what_a_spreadsheet_saves(dataset):
    assert dataset("\ufefffile,speaker,emotion\na.wav,anna,sad\n").table["speaker"].tolist() == ["anna"]


def test_a_new_dataset_tells_a_column_that_is_missing(dataset):
    with pytest.raises(DatasetError, match=r"labels.csv lacks speaker; expected the columns file, speaker and emotion"):
        dataset("file,emotion\na.wav,sad\n")


@pytest.mark.parametrize("kind", distribution.KINDS)
def test_its_entry_point_leads_to_its_module(kind, tmp_path):
    place = written(kind, tmp_path)
    project = tomllib.loads((place / "pyproject.toml").read_text())
    assert project["project"]["entry-points"] == {f"sabench.{distribution.KINDS[kind]}": {NAME: "sabench_my_own2"}}
    assert project["project"]["name"] == "sabench-my-own2"
    assert (place / project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"][0]).is_file()


@pytest.mark.parametrize("kind", distribution.KINDS)
def test_its_files_are_formatted_and_pass_the_linter(kind, tmp_path):
    place = written(kind, tmp_path)
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    if not Path(ruff[0]).exists():
        pytest.skip("ruff is not installed beside this Python")
    select = "E,F,W,I,UP,B,ANN,D"
    options = ["--isolated", "--line-length", "120"]
    lint = [
        "--select",
        select,
        "--ignore",
        "D107",
        "--config",
        'lint.pydocstyle.convention="google"',
        "--per-file-ignores",
        "tests/*:D,tests/*:ANN",
    ]
    for command in (["check", *options, *lint, "."], ["format", *options, "--check", "."]):
        done = subprocess.run([*ruff, *command], cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", distribution.KINDS)
def test_its_readme_names_the_commands_that_check_and_run_it(kind):
    readme = rendered(NAME, kind)["README.md"]
    assert f"sabench plugin test {NAME} --kind {kind}" in readme
    assert "pip install --editable" in readme
    assert f"sabench list {distribution.KINDS[kind]}" in readme
    assert "sabench run " in readme


def test_its_test_runs_the_suite(tmp_path):
    place = written("normaliser", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {"PYTHONPATH": str(place / "src"), "PATH": ""}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert "21 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["My-own", "my_own", "2nd", "-x", "x-", "a--b", "", "é", "a/b", "../x", "a" * 41])
def test_a_name_that_no_module_or_option_could_have_is_refused(name, tmp_path):
    with pytest.raises(PlanError, match="cannot be a plugin's; expected lower-case letters"):
        distribution.write(name, "adapter", tmp_path, Registry())
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused(tmp_path):
    with pytest.raises(PlanError, match="There is a plugin 'svm' of kind adapter already"):
        distribution.write("svm", "adapter", tmp_path, Registry())


def test_a_name_whose_module_is_there_is_refused(tmp_path):
    with pytest.raises(PlanError, match="There is a module sabench_plugins installed already"):
        distribution.write("plugins", "adapter", tmp_path, Registry())


def test_an_unknown_kind_is_refused_with_a_hint(tmp_path):
    with pytest.raises(PlanError, match="no kind of plugin 'normalizer'. Did you mean 'normaliser'"):
        distribution.write("x", "normalizer", tmp_path, Registry())


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    place = tmp_path / "sabench-my-own2"
    place.mkdir()
    (place / "mine").write_text("mine")
    with pytest.raises(PlanError, match="is there already and is left alone"):
        written("adapter", tmp_path)
    assert [path.name for path in place.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PlanError, match="cannot be written: .* Name a folder that can, with --output"):
        written("adapter", tmp_path / "file")
