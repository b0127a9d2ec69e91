from __future__ import annotations

import numpy as np
import pytest

from sabench.errors import ResultsError, TrackingError
from sabench.stats.metrics import scores
from sabench.tracking.source import TrackedRuns
from sabench.tracking.tracker import Tracker


@pytest.fixture
def tracked(tracker, seen):
    """Reads what the tracker wrote."""
    return TrackedRuns(uri=tracker.address.uri, experiment=tracker.address.experiment)


def test_what_is_read_back_is_what_the_results_folder_holds(made, tracker, tracked):
    made.complete()
    tracker.finish(made.run_id)
    (run,) = tracked.runs()
    held = made.results.run(made.run_id)
    assert run == held
    assert tracked.cells(run) == made.results.cells(held)
    assert tracked.card(run.protocol_hash) == made.results.card(held.protocol_hash)


def test_predictions_come_back_exactly(made, tracker, tracked):
    made.ask("nth:1")
    made.complete()
    tracker.finish(made.run_id)
    (run,) = tracked.runs()
    found, held = tracked.predictions(run, "nth:1"), made.results.predictions(made.record, "nth:1")
    assert (found.ids, found.classes, len(found)) == (held.ids, held.classes, 12)
    for name in ("speaker", "truth", "probabilities", "fold"):
        assert np.array_equal(getattr(found, name), getattr(held, name))
    assert scores(found).uar_pooled == 0.75


def test_a_run_that_is_not_complete_is_passed_over(made, tracker, tracked):
    made.complete("A", "B")
    tracker.finish(made.run_id)
    assert tracked.runs() == []


def test_the_same_run_of_two_folders_stands_once(made, make, tracker, tracked, tmp_path, shared_uri):
    other = make(tmp_path / "other-results", made.run_id, created="2026-02-03T04:05:06+00:00")
    for one in (other, made):
        one.complete()
        Tracker(one.results, uri=shared_uri, experiment=tracker.address.experiment).finish(one.run_id)
    assert [run.created for run in tracked.runs()] == ["2026-02-03T04:05:06+00:00"]


def test_a_draw_that_was_never_asked_for_is_told(made, tracker, tracked):
    made.complete()
    tracker.finish(made.run_id)
    with pytest.raises(ResultsError, match="has no draw 'zeros'; it has first"):
        tracked.predictions(tracked.runs()[0], "zeros")


def test_an_unknown_protocol_is_told(tracked):
    with pytest.raises(ResultsError, match="holds no complete run under protocol 'beef'"):
        tracked.card("beef")


def test_reading_makes_no_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackingError, match=r"mlflow\.db has no experiment 'sabench'\..* sabench track"):
        TrackedRuns().runs()
    assert list(tmp_path.iterdir()) == []


def test_reading_from_a_server_makes_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match="does not answer"):
        TrackedRuns(uri="http://127.0.0.1:1").runs()
    assert list(tmp_path.iterdir()) == []


def test_reading_makes_no_experiment(shared_uri, tracker, seen):
    with pytest.raises(TrackingError, match="has no experiment 'nobody'"):
        TrackedRuns(uri=shared_uri, experiment="nobody").runs()
    assert seen.client.get_experiment_by_name("nobody") is None
