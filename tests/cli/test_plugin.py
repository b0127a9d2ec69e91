import json

import pytest
from typer.testing import CliRunner

from sabench import Alias, hookimpl
from sabench.cli.app import app
from sabench.errors import DatasetError, PlanError, UnknownPlugin
from sabench.registry import registry
from tests.checks.honest import Centroid, Folders, Loudness, Mean, write_folders
from tests.checks.wrong_adapters import Memorising


class Remembers(Memorising):
    name = "memorising"


class Both(Mean):
    name = "both"


class Plugins:
    @hookimpl
    def sabench_adapters(self):
        return {
            "centroid": Centroid,
            "memorising": Remembers,
            "both": Centroid,
            "behind": Alias("centroid", normaliser="mean", parameters={"neutral": 2}),
        }

    @hookimpl
    def sabench_normalisers(self):
        return {"mean": Mean, "both": Both}

    @hookimpl
    def sabench_features(self):
        return {"loudness": Loudness}

    @hookimpl
    def sabench_datasets(self):
        return {"folders": Folders}


@pytest.fixture(autouse=True)
def _plugins(monkeypatch):
    """Install plugins in this process."""
    fresh = registry.Registry
    monkeypatch.setattr(registry, "Registry", lambda: fresh(extra=[Plugins()]))


def invoke(*arguments):
    return CliRunner().invoke(app, ["plugin", *map(str, arguments)])


def test_new_lists_what_it_wrote_and_says_what_to_do_next(tmp_path):
    result = invoke("new", "my-own", "--kind", "features", "--output", tmp_path)
    assert result.exit_code == 0
    place = tmp_path / "sabench-my-own"
    assert result.stdout.split() == [str(path) for path in sorted(place.rglob("*")) if path.is_file()]
    assert f'pip install --editable "{place}"' in result.stderr
    assert "sabench plugin test my-own" in result.stderr


def test_new_makes_an_adapter_where_no_kind_is_named(tmp_path):
    assert invoke("new", "my-own", "--output", tmp_path).exit_code == 0
    assert "class MyOwnAdapter(Adapter)" in (tmp_path / "sabench-my-own" / "src" / "sabench_my_own.py").read_text()


def test_an_honest_plugin_is_shown_check_by_check():
    result = invoke("test", "loudness")
    assert result.exit_code == 0
    assert "silence is survived" in result.stdout
    assert "loudness: 17 passed" in result.stderr


def test_a_cheat_is_told_with_the_reason_of_the_check_and_exit_status_1():
    result = invoke("test", "memorising")
    assert result.exit_code == 1
    assert "folds in reverse order change nothing" in result.stdout
    assert "Remembers predicts otherwise when the folds of a run come in another order" in result.stderr
    assert "Why: Where speakers take turns as target, every target was training data of an earlier" in result.stderr


def test_json_holds_every_outcome():
    (plugin,) = json.loads(invoke("test", "mean", "--json").stdout)["plugins"]
    assert (plugin["name"], plugin["kind"], plugin["parameters"]) == ("mean", "normalisers", {"weight": 1.0})
    assert plugin["failed"] == 0
    assert {"check", "status", "detail", "reason", "own_traceback"} == plugin["outcomes"][0].keys()


def test_parameters_can_be_set():
    (plugin,) = json.loads(invoke("test", "mean", "--set", "weight=0.5", "--json").stdout)["plugins"]
    assert plugin["parameters"] == {"weight": 0.5}


def test_an_alias_is_checked_in_its_parts():
    adapter, normaliser = json.loads(invoke("test", "behind", "--json").stdout)["plugins"]
    assert (adapter["name"], adapter["parameters"]["neutral"], normaliser["name"]) == ("centroid", 2, "mean")


def test_a_dataset_is_checked_on_its_corpus(tmp_path):
    root = tmp_path / "corpus"
    root.mkdir()
    result = invoke("test", "folders", "--root", write_folders(root))
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "folders: 16 passed")


def test_a_dataset_without_corpus_fails():
    result = invoke("test", "folders")
    assert result.exit_code == 1
    assert "nothing but the declarations of Folders could be checked" in " ".join(result.stdout.split())


def test_a_root_that_is_not_there_is_an_error(tmp_path):
    assert isinstance(invoke("test", "folders", "--root", tmp_path / "nowhere").exception, DatasetError)


def test_a_name_that_two_kinds_have_needs_the_kind():
    error = invoke("test", "both").exception
    assert isinstance(error, PlanError)
    assert "normalisers and adapters. Say which with --kind" in str(error)
    assert invoke("test", "both", "--kind", "normaliser").exit_code == 0


def test_an_unknown_name_gets_a_hint():
    error = invoke("test", "centroit").exception
    assert isinstance(error, UnknownPlugin)
    assert "Unknown plugin 'centroit'. Did you mean 'centroid'?" in str(error)
