import json
import math
import os
import pickle
import shutil

import numpy as np
import pytest
import tiny

from sabench import AccessError, LeakageError, PlanError, ResultsError, UnknownPlugin
from sabench.results.folder import Results
from sabench.running import runner
from sabench.running.observer import Observer
from sabench.testing import make_corpus

pytestmark = pytest.mark.usefixtures("warm")


class Watching(Observer):
    """Keeps what it is told."""

    def __init__(self):
        self.told = []
        self.plans = []

    def note(self, text):
        self.told.append(text)

    def warn(self, text):
        self.told.append(f"Warning: {text}")

    def planned(self, runs, n_cells, n_done):
        self.plans.append((len(runs), n_cells, n_done))

    def cell(self, run, fold, status, reason):
        self.told.append((run.method.name, fold, status))

    def ended(self):
        self.told.append("ended")


@pytest.fixture
def run(tones, tmp_path):
    """Run a plan over the tiny corpus; fits leave a line each in `notes` where they are asked to."""

    def carry_out(*adapters, observer=None, table=tones, results=tmp_path / "results", **values):
        plan = tiny.plan(table, results, adapters=adapters or ("nearest",), **values)
        return runner.run(plan, registry=tiny.registry(), observer=observer)

    return carry_out


@pytest.fixture
def noted(tmp_path):
    """Settings that let `nearest` note its fits, and how many it noted."""
    notes = tmp_path / "notes"
    return {"adapter.notes": str(notes)}, lambda: len(notes.read_text().splitlines()) if notes.exists() else 0


def probabilities(summaries, folder, draw="first"):
    results = Results(folder)
    return {s.record.method.name: results.predictions(s.record, draw).probabilities for s in summaries}


# Numbers


def test_adaptation_gains_all_there_is_where_speakers_differ(run):
    found = {s.record.method.name: s.uar_mean for s in run("svm", "svm-norm", "svm-neutral", features="tone")}
    assert found["svm"] < 0.5
    assert (found["svm-norm"], found["svm-neutral"]) == (1.0, 1.0)


def test_adaptation_gains_nothing_where_speakers_are_alike(run, tmp_path):
    table = make_corpus(tmp_path / "alike", shift=0.0)
    assert [s.uar_mean for s in run("svm", "svm-norm", features="tone", table=table)] == [1.0, 1.0]


def test_another_speakers_enrolment_does_not_help(run):
    own, other = run("svm-neutral", features="tone", draws=["first", "other-speaker"])
    assert own.uar_mean == 1.0
    assert other.uar_mean < 0.5
    assert [s.json()["control"] for s in (own, other)] == [False, True]


def test_a_summary_tells_what_was_done(run):
    (summary,) = run("nearest-to-neutral")
    assert (summary.n_scored, summary.n_folds, summary.n_training_speakers) == (4 * 8, 4, 2)
    assert summary.record.status == "complete"
    assert summary.seconds > 0
    assert summary.uar_mean == summary.primary == 1.0


def test_scores_are_those_of_the_predictions_in_the_folder(run, tmp_path):
    (summary,) = run("nearest")
    predictions = Results(tmp_path / "results").predictions(summary.record)
    per_fold = []
    for fold in ("s0", "s1", "s2", "s3"):
        own = predictions.fold == fold
        hits = predictions.predicted[own] == predictions.truth[own]
        per_fold.append(np.mean([hits[predictions.truth[own] == c].mean() for c in range(3)]))
    assert summary.uar_mean == pytest.approx(np.mean(per_fold))


def test_the_predictions_are_joined_with_the_truth_of_their_utterances(run, tmp_path):
    (summary,) = run("nearest-norm")
    predictions = Results(tmp_path / "results").predictions(summary.record)
    labels = [predictions.classes[y] for y in predictions.truth]
    assert [name.split("_")[1] for name in predictions.ids] == labels
    assert [name[4:6] for name in predictions.ids] == predictions.speaker.tolist() == predictions.fold.tolist()


# The same numbers, however they come about


def test_neither_jobs_nor_a_subset_of_methods_nor_their_order_changes_a_number(run, tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "few")]
    one = probabilities(run("svm-norm", "nearest-to-neutral", features="tone", results=folders[0]), folders[0])
    two = probabilities(run("nearest-to-neutral", "svm-norm", features="tone", results=folders[1], jobs=2), folders[1])
    few = probabilities(run("nearest-to-neutral", features="tone", results=folders[2]), folders[2])
    assert np.array_equal(one["svm-norm"], two["svm-norm"])
    assert np.array_equal(one["nearest-to-neutral"], two["nearest-to-neutral"])
    assert np.array_equal(one["nearest-to-neutral"], few["nearest-to-neutral"])


def test_a_corpus_at_another_place_gives_the_same_run(run, tones, tmp_path):
    shutil.copytree(tones.parent, tmp_path / "moved")
    (here,) = run("nearest")
    (there,) = run("nearest", table=tmp_path / "moved" / "corpus.csv")
    assert here.record == there.record


def test_seeds_are_runs_of_their_own_on_the_same_folds(run):
    first, second = run("nearest-to-neutral", seeds=[0, 1])
    assert first.record.protocol_hash == second.record.protocol_hash
    assert first.record.run_id != second.record.run_id
    assert [s.record.seed for s in (first, second)] == [0, 1]


def test_a_method_named_twice_is_one_run(run):
    assert len(run("nearest", "nearest")) == 1


# Resuming


def test_what_is_complete_is_not_computed_again(run, noted):
    settings, n_fits = noted
    watching = Watching()
    (first,) = run(settings=settings)
    (second,) = run(settings=settings, observer=watching)
    assert n_fits() == 4
    assert watching.plans == [(1, 4, 4)]
    assert (second.record, second.uar_mean, second.seconds) == (first.record, first.uar_mean, first.seconds)


def test_a_complete_run_needs_no_features(run, monkeypatch, tmp_path):
    run()
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "empty"))
    run()
    assert not (tmp_path / "empty" / "features").exists()


def test_only_the_folds_that_are_missing_are_computed(run, noted, tmp_path):
    settings, n_fits = noted
    (summary,) = run(settings=settings)
    shutil.rmtree(Results(tmp_path / "results").cell(summary.record.folds["s2"]).path)
    watching = Watching()
    run(settings=settings, observer=watching)
    assert n_fits() == 5
    assert watching.plans == [(1, 4, 3)]
    assert ("nearest", "s2", "complete") in watching.told


def test_a_damaged_evaluation_is_made_again(run, tmp_path):
    (before,) = run()
    keys = next(iter(before.record.evaluations.values()))
    folder = Results(tmp_path / "results").cell(before.record.folds["s1"])
    (folder.path / "evaluations" / f"{keys['s1']}.npz").write_bytes(b"PK\x03\x04 cut short")
    (after,) = run()
    assert (after.record.status, after.n_scored, after.uar_mean) == ("complete", 32, before.uar_mean)


def kept_files(folder, summary):
    run, results = summary.record, Results(folder)
    cell = results.cell(run.folds["s0"])
    return {
        "run": folder / "runs" / run.run_id / "run.json",
        "card": folder / "protocols" / run.protocol_hash / "card.json",
        "truth": folder / "protocols" / run.protocol_hash / "truth.json",
        "fit": cell.path / "fit.json",
        "evaluation": cell.evaluation_file(run.evaluations["first"]["s0"]),
        "model": cell.model / "adapter" / "means.npy",
        "history": cell.history_file,
        "error": cell.path / "error.json",
        "attempt": cell.path / "attempt.json",
    }


@pytest.mark.parametrize("harm", [b"", b"[]", b"{}", b"\xff" * 99, b"[" * 9999, None], ids=str)
@pytest.mark.parametrize("name", ["run", "card", "truth", "fit", "evaluation", "model", "history", "error", "attempt"])
def test_the_command_writes_again_what_is_damaged(run, tmp_path, name, harm):
    (before,) = run("nearest-to-neutral")
    expected = probabilities([before], tmp_path / "results")
    path = kept_files(tmp_path / "results", before)[name]
    if harm is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(harm)
    (after,) = run("nearest-to-neutral")
    assert (after.uar_mean, after.record.status) == (before.uar_mean, "complete")
    found = probabilities([after], tmp_path / "results")
    assert all(np.array_equal(found[method], expected[method]) for method in expected)
    assert not Results(tmp_path / "results").unreadable()


def test_a_changed_model_is_not_used_for_another_draw(run, tmp_path):
    (before,) = run("nearest-to-neutral")
    path = kept_files(tmp_path / "results", before)["model"]
    expected = probabilities(run("nearest-to-neutral", draws=["zeros"]), tmp_path / "results", "zeros")
    shutil.rmtree(tmp_path / "results")
    run("nearest-to-neutral")
    np.save(path, np.load(path)[::-1])
    found = probabilities(run("nearest-to-neutral", draws=["zeros"]), tmp_path / "results", "zeros")
    assert np.array_equal(found["nearest-to-neutral"], expected["nearest-to-neutral"])


def test_a_folder_of_a_newer_format_is_left_untouched(run, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "sabench.json").write_text('{"format": 2}')
    with pytest.raises(ResultsError, match="a results folder of format 2"):
        run()
    assert [path.name for path in (tmp_path / "results").rglob("*")] == ["sabench.json"]


def test_evaluation_parameters_re_use_the_trained_models(run, noted):
    settings, n_fits = noted
    run(settings={**settings, "nearest.sharpness": 1.0})
    run(settings={**settings, "nearest.sharpness": 0.01})
    assert n_fits() == 4


def test_an_alias_re_uses_the_models_of_what_it_stands_for(run, noted):
    settings, n_fits = noted
    run("nearest-norm", settings=settings)
    run("nearest", normaliser="speaker-zscore", settings=settings)
    assert n_fits() == 4


def test_a_new_draw_re_uses_the_trained_models_and_keeps_the_old_draw(run, tmp_path):
    run("nearest-to-neutral")
    (summary,) = run("nearest-to-neutral", draws=["zeros"])
    assert summary.draw == "zeros"
    kept = Results(tmp_path / "results").run(summary.record.run_id)
    assert set(kept.draws) == {"first", "zeros"}
    assert len(Results(tmp_path / "results").runs()) == 1


def test_a_draw_that_an_earlier_start_left_unfinished_is_finished(run, tmp_path):
    (_, zeros) = run("nearest-to-neutral", draws=["first", "zeros"])
    results = Results(tmp_path / "results")
    for fold, key in zeros.record.evaluations["zeros"].items():
        (results.cell(zeros.record.folds[fold]).path / "evaluations" / f"{key}.npz").unlink()
    (again,) = run("nearest-to-neutral")
    assert again.record.status == "complete"


# Failures


def test_a_failed_fold_is_told_and_the_rest_goes_on(run):
    watching = Watching()
    found = run("faulty", "nearest", settings={"faulty.target": "s1"}, observer=watching)
    faulty, nearest = found
    assert (faulty.record.status, faulty.n_folds, faulty.n_scored) == ("failed", 3, 24)
    assert faulty.failures == [("s1", "RuntimeError: no luck (in fit)")]
    assert nearest.record.status == "complete"
    assert ("faulty", "s1", "failed") in watching.told
    assert not math.isnan(faulty.uar_mean)


def test_a_run_without_any_complete_fold_has_no_score(run):
    (summary,) = run("faulty")
    assert (summary.n_scored, summary.n_folds, summary.json()["uar_mean"]) == (0, 0, None)
    assert len(summary.failures) == 4


def test_failed_folds_are_tried_again(run, noted):
    settings, n_fits = noted
    for _ in range(2):
        run("faulty", settings={**settings, "faulty.target": "s1"})
    assert n_fits() == 5


def test_features_that_cannot_be_had_fail_every_run_of_the_corpus_with_the_reason(run):
    watching = Watching()
    found = run("nearest", "svm", features="tone", settings={"tone.fails_on_level_above": -1000.0}, observer=watching)
    assert [s.record.status for s in found] == ["failed", "failed"]
    for summary in found:
        assert len(summary.failures) == 4
        assert "ValueError: too loud" in summary.failures[0][1]
    assert sum("too loud" in str(told) for told in watching.told) == 1


def test_watchers_hear_the_end_even_where_results_cannot_be_written(run, tmp_path, monkeypatch):
    watching = Watching()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "cells").write_text("in the way")
    with pytest.raises(ResultsError, match=r"cells/.* cannot be (made|written)"):
        run(observer=watching)
    assert watching.told[-1] == "ended"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write where it is forbidden")
def test_a_read_only_results_folder_is_told(run, tmp_path):
    (tmp_path / "results").mkdir(mode=0o555)
    with pytest.raises(ResultsError, match="cannot be written: Permission denied. Make room or make it writable"):
        run()


def test_results_that_are_a_file_are_told(run, tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(ResultsError, match="sabench.json cannot be written: "):
        run()


# Refusals come before anything is written


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"protocol": "losso"}, PlanError),
        ({"settings": {"adapter.nothing": 1}}, ValueError),
        ({"draws": ["nth:5"]}, AccessError),
        ({"normaliser": "nothing"}, UnknownPlugin),
        ({"search": True}, PlanError),
        ({"device": "mps", "adapters": ["resnet"]}, PlanError),
    ],
)
def test_a_plan_that_is_refused_leaves_no_results(run, tmp_path, values, error):
    adapters = values.pop("adapters", ["nearest-to-neutral"])
    with pytest.raises(error):
        run(*adapters, **values)
    assert not (tmp_path / "results").exists()


def test_speakers_on_both_sides_of_a_tables_own_partition_are_refused(run, tones, tmp_path):
    lines = tones.read_text().replace("wav/", f"{tones.parent}/wav/").splitlines()
    sides = ["train", "test"]
    mixed = [lines[0]] + [f"{line.rpartition(',')[0]},{sides[i % 2]}" for i, line in enumerate(lines[1:])]
    table = tmp_path / "mixed.csv"
    table.write_text("\n".join(mixed))
    with pytest.raises(LeakageError, match="s0, s1, s2 and 1 more would be in both training and test"):
        run(table=table, protocol="challenge")


def test_one_root_for_two_datasets_is_refused(run):
    with pytest.raises(PlanError, match="--root names one folder, and the plan has 2 datasets"):
        run(datasets=["emodb", "ravdess"])


# What is kept


def test_nothing_in_a_cell_folder_names_a_target(run, tmp_path):
    run("nearest-norm")
    for path in (tmp_path / "results" / "cells").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b".wav" not in content
            assert b"happy" not in content


def test_the_protocol_card_is_kept_under_its_hash(run, tmp_path):
    (summary,) = run()
    card = Results(tmp_path / "results").card(summary.record.protocol_hash)
    assert (card["dataset"], card["protocol"], len(card["folds"])) == ("table", "loso", 4)


def test_a_run_record_reads_back_as_it_was_written(run, tmp_path):
    (summary,) = run("nearest-norm", pool="neutral=1,unlabelled=1")
    assert Results(tmp_path / "results").run(summary.record.run_id) == summary.record


def test_summaries_can_be_written_as_json(run):
    (summary,) = run("svm-norm", features="tone")
    row = json.loads(json.dumps(summary.json()))
    assert row["adapter"] == "svm-norm"
    assert row["access"] == "transductive"


def test_what_a_pool_lacks_is_noted(run):
    watching = Watching()
    run(pool="neutral=2", observer=watching)
    assert "table: pools are smaller than asked for: s0 supplies 1 of 2 neutral" in str(watching.told)


def test_records_can_be_pickled(run):
    (summary,) = run()
    assert pickle.loads(pickle.dumps(summary)) == summary
