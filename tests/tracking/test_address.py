from __future__ import annotations

from pathlib import Path

import pytest

from sabench.tracking.address import Address, sqlite_file, sqlite_uri


def test_the_default_store_stands_beside_the_results_with_its_artifacts(tmp_path):
    address = Address.of(tmp_path / "sabench-results")
    assert address.database == tmp_path / "mlflow.db"
    assert address.artifacts == tmp_path / "mlruns" / "sabench"
    assert (address.experiment, address.default) == ("sabench", True)


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:5000", "https://me:secret@host/mlflow?x=1", "sqlite:///runs.db", "file:///x"]
)
def test_a_named_store_is_passed_on_untouched(tmp_path, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    address = Address.of(tmp_path / "results")
    assert (address.uri, address.artifacts) == (uri, None)


def test_an_argument_counts_more_than_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "theirs")
    assert Address.of(tmp_path).experiment == "theirs"
    address = Address.of(tmp_path, uri="http://argument", experiment="ours")
    assert (address.uri, address.experiment) == ("http://argument", "ours")


def test_messages_show_no_password(tmp_path):
    assert Address.of(tmp_path, uri="https://me:secret@host:8443/mlflow?token=x").shown == "https://host:8443/mlflow"


def test_plain_mlflow_ui_shows_the_store_of_this_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Address.of(Path("sabench-results")).ui == "mlflow ui"


def test_a_store_elsewhere_needs_its_address(tmp_path):
    address = Address.of(tmp_path / "results")
    assert address.ui == f"mlflow ui --backend-store-uri '{address.uri}'"


def test_a_file_store_of_old_in_this_directory_would_hide_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").touch()
    assert "--backend-store-uri" in Address.of(Path("sabench-results")).ui


@pytest.mark.parametrize("name", ["plain", "with space", "50% off?", "größe#1"])
def test_the_address_of_a_file_leads_back_to_it(tmp_path, name):
    assert sqlite_file(sqlite_uri(tmp_path / name / "mlflow.db")) == tmp_path / name / "mlflow.db"


def test_a_store_in_memory_has_no_file():
    assert sqlite_file("sqlite:///:memory:") is None
