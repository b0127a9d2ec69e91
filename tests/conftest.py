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
