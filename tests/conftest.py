"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory, monkeypatch):
    """Keep tests away from the caches and links of whoever runs them."""
    place = tmp_path_factory.mktemp("sabench")
    monkeypatch.setenv("SABENCH_CACHE", str(place / "cache"))
    monkeypatch.setenv("SABENCH_CONFIG", str(place / "config"))
    for name in list(os.environ):
        if name.startswith("SABENCH_") and name.endswith("_ROOT"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder with real recordings, or a skip that says how to get there."""
    place = os.environ.get("SABENCH_TEST_DATA")
    if not place:
        pytest.skip("SABENCH_TEST_DATA names no folder with real recordings (emodb/, ravdess/)")
    return Path(place)


@pytest.fixture(scope="session")
def tones(tmp_path_factory) -> Path:
    """The table of the tiny corpus of `sabench.testing`, four speakers far apart."""
    from sabench.testing import make_corpus

    return make_corpus(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="session")
def _warm_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("warm-cache")


@pytest.fixture
def warm(_warm_cache, monkeypatch) -> None:
    """Share decoded audio and features between tests that are about neither."""
    monkeypatch.setenv("SABENCH_CACHE", str(_warm_cache))
