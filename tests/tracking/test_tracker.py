from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from sabench.errors import ResultsError
from sabench.tracking.files import NAMES
from sabench.tracking.tracker import Tracker

SIMULATION = {"scale": 0.05, "seed": 0, "speaker_effect": 1.0}


def test_a_complete_run_becomes_a_parent_and_a_child_a_fold(made, tracker, seen):
    made.complete()
    logged = tracker.finish(made.run_id)
    assert (logged.status, logged.folds, set(logged.files)) == ("FINISHED", 3, set(NAMES))
    assert set(seen.folds) == {"A", "B", "C"}
    for run in seen.folds.values():
        assert run.data.tags["mlflow.parentRunId"] == seen.parent.info.run_id == logged.mlflow_run_id
        assert run.info.status == seen.parent.info.status == "FINISHED"


def test_runs_can_be_found_by_our_keys(made, tracker, seen):
    made.complete()
    tracker.finish(made.run_id)
    expected = {"sabench.run_id": made.run_id, "sabench.status": "complete", "simulated": "false"}
    expected |= {"dataset": "emodb", "task": "7class", "adapter": "svm-norm", "protocol_hash": made.hash}
    assert expected.items() <= seen.parent.data.tags.items()
    assert seen.folds["B"].data.tags["sabench.fit_key"] == made.record.folds["B"]


def test_parameters_stand_under_the_role_of_their_plugin(made, tracker, seen):
    tracker.update(made.run_id)
    expected = {"adapter": "svm", "adapter.C": "1.0", "adapter.kernel": "rbf", "normaliser.unlabelled": "all"}
    expected |= {"features": "egemaps", "seed": "0", "access": "transductive"}
    assert expected.items() <= seen.parent.data.params.items()


def test_scores_are_those_of_the_predictions(made, tracker, seen):
    made.complete()
    tracker.finish(made.run_id)
    expected = {"uar_mean": 0.75, "uar_pooled": 0.75, "recall/anger": 0.5, "recall/neutral": 1.0}
    expected |= {"n_scored": 12, "n_folds": 3, "n_speakers": 3, "seconds": 9.0}
    expected |= {"uar_worst_speaker": 0.75, "gini": 0.0, "iswf": 0.75, "uar_low": 0.75, "uar_high": 0.75}
    assert seen.parent.data.metrics == pytest.approx(expected)
    assert seen.folds["A"].data.metrics["uar"] == 0.75


def test_an_unfinished_run_shows_no_score_of_its_own(made, tracker, seen):
    made.complete("A", "B")
    tracker.update(made.run_id)
    assert seen.parent.info.status == "RUNNING"
    assert seen.parent.data.metrics == {}
    assert {name: run.info.status for name, run in seen.folds.items()} == {"A": "FINISHED", "B": "FINISHED"}


def test_a_run_that_ended_early_is_shown_as_killed(made, tracker, seen):
    made.complete("A")
    made.epochs("B", 1, 2)
    tracker.finish(made.run_id)
    assert seen.parent.info.status == seen.folds["B"].info.status == "KILLED"
    assert seen.parent.data.tags["sabench.status"] == "partial"


def test_a_failed_fold_is_shown_with_its_reason(made, tracker, seen):
    made.complete("A", "B")
    made.cell("C").fail("The network diverged.")
    tracker.finish(made.run_id)
    assert seen.parent.info.status == seen.folds["C"].info.status == "FAILED"
    assert seen.folds["C"].data.tags["sabench.error"] == "The network diverged."


def test_the_same_update_again_logs_nothing(made, tracker, seen):
    made.epochs("A", 1, 3)
    made.complete()
    tracker.finish(made.run_id)
    before = [run.to_dictionary() for run in seen.runs]
    logged = tracker.finish(made.run_id)
    assert (logged.params, logged.metrics, logged.files) == (0, 0, ())
    assert [run.to_dictionary() for run in seen.runs] == before
    assert seen.curve("A", "uar") == [(0, 0.75)]


def test_epochs_are_steps_and_each_is_logged_once(made, tracker, seen):
    made.epochs("A", 1, 2)
    tracker.update(made.run_id)
    made.epochs("A", 2, 4)  # an epoch done again after a kill, then two more
    tracker.update(made.run_id)
    assert seen.curve("A", "loss") == [(1, 1.0), (2, 0.5), (3, 0.333333), (4, 0.25)]


def test_many_epochs_fit_into_batches(made, tracker, seen):
    made.epochs("A", 1, 1000)
    assert tracker.update(made.run_id).metrics == 3000
    assert len(seen.curve("A", "validation_uar")) == 1000


def test_a_killed_run_goes_on_in_its_own_runs(made, tracker, seen, shared_uri):
    made.epochs("A", 1, 2)
    first = tracker.finish(made.run_id)
    made.epochs("A", 3, 3)
    another = Tracker(made.results, uri=shared_uri, experiment=tracker.address.experiment)
    assert another.update(made.run_id).mlflow_run_id == first.mlflow_run_id
    assert seen.parent.info.status == seen.folds["A"].info.status == "RUNNING"
    made.complete()
    another.finish(made.run_id)
    assert seen.parent.info.status == "FINISHED"
    assert [step for step, _ in seen.curve("A", "loss")] == [1, 2, 3]


def test_predictions_hold_every_scored_utterance_in_words(made, tracker, seen, tmp_path):
    made.complete()
    tracker.finish(made.run_id)
    table = pd.read_parquet(seen.download("predictions.parquet", tmp_path))
    assert list(table.columns) == ["fold", "id", "speaker", "truth", "predicted", "p/anger", "p/neutral", "draw"]
    assert len(table) == 12
    assert table.loc[1, ["truth", "predicted", "p/neutral"]].tolist() == ["anger", "neutral", 0.8]
    assert table["id"].tolist() == [name for fold in made.truth["folds"].values() for name in fold["ids"]]


def test_card_record_environment_and_picture_are_logged(made, tracker, seen, tmp_path):
    made.complete()
    tracker.finish(made.run_id)
    assert json.loads(seen.download("protocol.json", tmp_path).read_text()) == made.card
    record = json.loads(seen.download("run.json", tmp_path).read_text())
    assert (record["method"]["adapter"]["parameters"]["C"], record["scores"]["first"]["uar_mean"]) == (1.0, 0.75)
    assert json.loads(seen.download("environment.json", tmp_path).read_text()) == [
        {"folds": ["A", "B", "C"], "environment": {"python": "3.11"}}
    ]
    assert seen.download("confusion_matrix.png", tmp_path).read_bytes().startswith(b"\x89PNG")


def test_one_more_draw_joins_the_same_run(made, tracker, seen, tmp_path):
    made.complete()
    tracker.finish(made.run_id)
    made.ask("nth:1")
    made.complete()
    assert set(tracker.finish(made.run_id).files) == set(NAMES)
    assert seen.parent.data.metrics["uar_mean/nth_1"] == 0.75
    table = pd.read_parquet(seen.download("predictions.parquet", tmp_path))
    assert table["draw"].value_counts().to_dict() == {"first": 12, "nth:1": 12}


def test_files_that_were_deleted_are_logged_again(made, tracker, seen, tmp_path):
    made.complete()
    tracker.finish(made.run_id)
    shutil.rmtree(seen.parent.info.artifact_uri.removeprefix("file://"))
    assert set(tracker.finish(made.run_id).files) == set(NAMES) == seen.files()


def test_a_deleted_parent_gets_its_folds_back_under_the_new_one(made, tracker, seen):
    made.complete()
    before = tracker.finish(made.run_id).mlflow_run_id
    seen.client.delete_run(before)
    after = tracker.finish(made.run_id).mlflow_run_id
    assert after != before
    assert {run.data.tags["mlflow.parentRunId"] for run in seen.folds.values()} == {after}
    assert len(seen.folds) == 3


def test_mlflow_shows_dataset_user_commit_and_the_view_of_trained_models(made, tracker, seen):
    made.complete()
    tracker.finish(made.run_id)
    (dataset,) = seen.parent.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("emodb:7class", "made")
    assert json.loads(dataset.dataset.profile)["n_speakers"] == 3
    tracker.finish(made.run_id)
    assert len(seen.parent.inputs.dataset_inputs) == 1
    assert seen.parent.info.run_name == made.run_id
    assert seen.parent.data.tags["mlflow.user"]
    assert seen.experiment.tags["mlflow.experimentKind"] == "custom_model_development"


def test_epochs_of_a_fold_are_counted(made, tracker, seen):
    made.epochs("A", 1, 3)
    made.complete()
    tracker.finish(made.run_id)
    assert seen.folds["A"].data.metrics["n_epochs"] == 3
    assert "n_epochs" not in seen.folds["B"].data.metrics


def test_a_simulated_run_says_so_in_name_and_tag(tmp_path, make, shared_uri, look):
    made = make(tmp_path / "sabench-results", simulation=SIMULATION)
    tracker = Tracker(made.results, uri=shared_uri, experiment=tmp_path.name)
    tracker.update(made.run_id)
    parent = look(tracker).parent
    assert parent.info.run_name.endswith("(simulated)")
    assert parent.data.tags["simulated"] == "true"


def test_the_same_run_of_another_machine_keeps_runs_of_its_own(made, tracker, seen, tmp_path, make, shared_uri):
    made.complete()
    tracker.finish(made.run_id)
    other = make(tmp_path / "other-results", made.run_id)
    Tracker(other.results, uri=shared_uri, experiment=tracker.address.experiment).update(other.run_id)
    assert sorted(run.info.status for run in seen.parents) == ["FINISHED", "RUNNING"]


def test_a_results_folder_that_moved_keeps_its_runs(made, tracker, seen, tmp_path, shared_uri):
    first = tracker.update(made.run_id)
    moved = made.results.folder.rename(tmp_path / "moved")
    again = Tracker(type(made.results)(moved), uri=shared_uri, experiment=tracker.address.experiment)
    assert again.update(made.run_id).mlflow_run_id == first.mlflow_run_id


def test_a_run_of_which_a_child_was_lost_gets_it_again(made, tracker, seen):
    made.complete()
    tracker.finish(made.run_id)
    seen.client.delete_run(seen.folds["B"].info.run_id)
    tracker.finish(made.run_id)
    assert set(seen.folds) == {"A", "B", "C"}


def test_awkward_names_and_values_can_be_logged(tmp_path, make, shared_uri, look, made):
    method = made.record.method
    odd = replace(method, adapter=replace(method.adapter, parameters={"grid?": "x" * 9000, "none": None}))
    other = make(tmp_path / "odd", "odd-run", method=odd)
    tracker = Tracker(other.results, uri=shared_uri, experiment=tmp_path.name)
    tracker.update(other.run_id)
    assert tracker.update(other.run_id).params == 0
    params = look(tracker).parent.data.params
    assert len(params["adapter.grid_"]) == 6000
    assert params["adapter.none"] == "None"


def test_an_unknown_run_is_refused_by_name(tracker, seen):
    with pytest.raises(ResultsError, match="no run is called 'nothing'"):
        tracker.update("nothing")
