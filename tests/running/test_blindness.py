"""What a method does to cheat, or out of rudeness, reaches neither another fold nor the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tiny

from sabench.results.folder import Results
from sabench.running import runner

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def run(tones, tmp_path):
    def carry_out(adapter, **values):
        folder = tmp_path / f"results-{adapter}-{len(list(tmp_path.iterdir()))}"
        plan = tiny.plan(tones, folder, adapters=[adapter], normaliser="speaker-zscore", **values)
        (summary,) = runner.run(plan, registry=tiny.registry())
        return summary, Results(folder)

    return carry_out


@pytest.mark.parametrize("jobs", [1, 2])
def test_labels_that_a_method_remembers_from_other_folds_are_gone(run, jobs):
    honest, honest_results = run("nearest", settings={"nearest.feature": 0})
    cheating, results = run("remembering", settings={"remembering.feature": 0}, jobs=jobs)
    assert cheating.record.status == "complete"
    one = honest_results.predictions(honest.record, "first").probabilities
    assert np.array_equal(one, results.predictions(cheating.record, "first").probabilities)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("exit", "Its process ended by itself with exit status 0"),
        ("sys-exit", "SystemExit: I am done"),
        ("unprintable", "Unprintable, which cannot be printed: its text raises RuntimeError"),
    ],
)
def test_a_fit_that_ends_its_process_fails_alone_and_is_told_as_what_it_is(run, how, words):
    summary, results = run("rude", settings={"rude.how": how})
    assert summary.record.status == "failed"
    reasons = {results.cell(key).error() for key in summary.record.folds.values()}
    assert all(words in reason for reason in reasons)


@pytest.mark.parametrize("how", ["print", "close"])
def test_a_fit_that_prints_or_closes_the_streams_disturbs_nobody(run, how, capfd):
    summary, _ = run("rude", settings={"rude.how": how})
    assert summary.record.status == "complete"
    print(json.dumps({"still": "here"}))
    assert json.loads(capfd.readouterr().out) == {"still": "here"}


def test_a_strict_run_makes_what_was_not_predicted_strictly_again(run, tones, tmp_path):
    folder = tmp_path / "both"
    notes = tmp_path / "notes"
    plan = tiny.plan(tones, folder, settings={"nearest.notes": str(notes)})
    runner.run(plan, registry=tiny.registry())
    strict = plan.model_copy(update={"strict": True})
    n_folds = len(notes.read_text().splitlines())
    runner.run(strict, registry=tiny.registry())
    runner.run(strict, registry=tiny.registry())
    kept = json.loads(next(folder.rglob("fit.json")).read_text())["saved"]
    assert len(notes.read_text().splitlines()) == (n_folds if kept else 2 * n_folds)
