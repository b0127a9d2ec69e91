"""A short form of `benchmarks/fuzzed_inputs.py`."""

from __future__ import annotations

import pytest

from benchmarks import fuzzed_inputs


@pytest.mark.parametrize(("name", "n"), [("audio", 60), ("table", 60), ("command", 8)])
def test_no_broken_input_ends_in_a_traceback(tmp_path, name, n, monkeypatch):
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "cache"))
    feed = getattr(fuzzed_inputs, f"feed_{name}")
    counts, _ = fuzzed_inputs.soak(tmp_path, name, feed, n, seed=11)
    assert counts["tried"] == n
    assert (counts["traceback"], counts["slow"]) == (0, 0)
    assert counts["refused"] > 0
