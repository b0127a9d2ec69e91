"""A short form of `benchmarks/damages.py`, and that a repeated run puts right what was damaged."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tiny

from benchmarks import damages
from sabench.results.folder import Results
from sabench.running import runner

pytestmark = pytest.mark.usefixtures("warm")


def test_no_damage_ends_in_a_traceback_alters_a_score_or_removes_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "cache"))
    counts, _ = damages.soak(tmp_path, n_damages=64, seed=3, seconds=240)
    total = {
        name: sum(of[name] for of in counts.values()) for name in ("tried", "told", "traceback", "altered", "removed")
    }
    assert (total["traceback"], total["altered"], total["removed"]) == (0, 0, 0)
    assert total["tried"] == 64
    assert total["told"] > 32


@pytest.mark.parametrize("kind", ["run.json", "card.json", "truth.json", "fit.json", "npz"])
@pytest.mark.parametrize("harm", ["cut", "json"])
def test_the_command_repeated_writes_what_was_damaged_again(tones, tmp_path, kind, harm):
    plan = tiny.plan(tones, tmp_path / "results", adapters=["nearest-to-neutral"])
    (before,) = runner.run(plan, registry=tiny.registry())
    (path, *_) = damages.files_of(tmp_path / "results", kind)
    path.write_bytes(path.read_bytes()[:50] if harm == "cut" or kind == "npz" else json.dumps({"a": [1]}).encode())
    (after,) = runner.run(plan, registry=tiny.registry())
    assert after.record.status == "complete"
    folder = Results(tmp_path / "results")
    assert folder.unreadable() == {}
    assert np.isclose(after.uar_mean, before.uar_mean)
    assert len(folder.predictions(folder.run(after.record.run_id))) == before.n_scored
