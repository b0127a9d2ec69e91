import contextlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, BrokenBarrierError

import numpy as np
import pytest
import tiny

from sabench import ResultsError
from sabench.errors import DamagedFile
from sabench.results.folder import Results
from sabench.running import runner

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture(scope="module")
def original(tones, tmp_path_factory):
    """A results folder with two runs, and what was told of them."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    folder = tmp_path_factory.mktemp("original")
    plan = tiny.plan(tones, folder, adapters=["nearest", "nearest-to-neutral"], draws=["first", "zeros"])
    summaries = runner.run(plan, registry=tiny.registry())
    patch.undo()
    return folder, summaries


@pytest.fixture
def results(original, tmp_path):
    shutil.copytree(original[0], tmp_path / "results")
    return Results(tmp_path / "results")


@pytest.fixture
def drawing(results):
    """The run that has two draws."""
    return results.run("nearest-to-neutral")


def evaluation(results, run, fold, draw="first"):
    return results.cell(run.folds[fold]).path / "evaluations" / f"{run.evaluations[draw][fold]}.npz"


def test_runs_are_listed_in_the_order_of_their_creation(results):
    assert [run.method.name for run in results.runs()] == ["nearest", "nearest-to-neutral"]


def test_a_folder_without_runs_has_none(tmp_path):
    assert Results(tmp_path / "empty").runs() == []


def test_a_file_that_is_no_run_is_passed_over(results):
    (results.folder / "runs" / "stray").mkdir()
    (results.folder / "runs" / "stray" / "run.json").write_text('{"run_id": "stray"}')
    assert len(results.runs()) == 2


def test_a_damaged_run_is_told_with_what_to_do(results):
    (results.folder / "runs" / "abc").mkdir()
    (results.folder / "runs" / "abc" / "run.json").write_text('{"x": ')
    for name in ("abc", "ab"):
        with pytest.raises(DamagedFile, match=r"abc/run.json is damaged: invalid JSON.* The run's command, repeated"):
            results.run(name)
    assert list(results.unreadable()) == ["abc"]
    assert len(results.runs()) == 2


def test_a_run_is_found_by_the_beginning_of_its_id(results, drawing):
    assert results.run(drawing.run_id) == results.run("nearest-to") == drawing


def test_a_beginning_that_fits_several_runs_is_refused_with_their_names(results):
    with pytest.raises(ResultsError, match=r"2 runs begin with 'near'.* There are: nearest-t.*, nearest-to"):
        results.run("near")


def test_an_unknown_run_gets_a_hint(results, drawing):
    wrong = drawing.run_id.replace("neutral", "neutrel")
    with pytest.raises(ResultsError, match=f"no run is called '{wrong}'. Did you mean '{drawing.run_id}'"):
        results.run(wrong)


def test_a_name_that_leads_out_of_the_folder_is_no_run(results):
    with pytest.raises(ResultsError, match="no run is called"):
        results.run("../../elsewhere")


# Status


def test_a_run_is_complete_when_every_fold_has_every_draw(results, drawing):
    assert drawing.status == "complete"
    assert {cell.status for cell in results.cells(drawing)} == {"complete"}


def test_a_missing_draw_of_one_fold_makes_a_run_partial(results, drawing):
    evaluation(results, drawing, "s1", "zeros").unlink()
    assert results.run(drawing.run_id).status == "partial"
    assert [cell.status for cell in results.cells(drawing)] == ["complete", "missing", "complete", "complete"]


def test_a_missing_fit_record_makes_a_run_partial(results, drawing):
    (results.cell(drawing.folds["s1"]).path / "fit.json").unlink()
    assert results.run(drawing.run_id).status == "partial"
    assert results.cells(drawing)[1].status == "missing"


def test_a_failed_fold_makes_a_run_failed(results, drawing):
    evaluation(results, drawing, "s1").unlink()
    evaluation(results, drawing, "s2").unlink()
    results.cell(drawing.folds["s1"]).fail("No luck.")
    assert results.run(drawing.run_id).status == "failed"
    failed = results.cells(drawing)[1]
    assert (failed.fold, failed.status, failed.error) == ("s1", "failed", "No luck.")


def test_an_old_failure_does_not_count_where_the_fold_is_complete(results, drawing):
    results.cell(drawing.folds["s1"]).fail("No luck.")
    assert results.run(drawing.run_id).status == "complete"
    assert results.cells(drawing)[1].error == ""


def test_cells_tell_what_their_fits_cost(results, drawing):
    cell = results.cells(drawing)[0]
    fit = results.cell(drawing.folds["s0"]).fit()
    assert cell.seconds > fit.seconds
    assert (cell.n_training_speakers, cell.n_train) == (2, 18)
    assert cell.environment["python"]


# Predictions


def test_predictions_come_fold_by_fold_with_their_truth(results, drawing):
    found = results.predictions(drawing)
    assert len(found) == 32
    assert found.fold.tolist() == [f"s{i}" for i in range(4) for _ in range(8)]
    assert [found.classes[y] for y in found.truth] == [name.split("_")[1] for name in found.ids]
    assert np.allclose(found.probabilities.sum(axis=1), 1)


def test_each_draw_has_its_own_predictions(results, drawing):
    first, zeros = (results.predictions(drawing, draw) for draw in ("first", "zeros"))
    assert first.ids == zeros.ids
    assert np.abs(first.probabilities - zeros.probabilities).max() > 0.1


def test_folds_that_are_missing_are_left_out(results, drawing):
    evaluation(results, drawing, "s1").unlink()
    assert set(results.predictions(drawing).fold) == {"s0", "s2", "s3"}


def test_without_any_fold_predictions_are_empty(results, drawing):
    for fold in drawing.folds:
        evaluation(results, drawing, fold).unlink()
    found = results.predictions(drawing)
    assert (len(found), found.probabilities.shape) == (0, (0, 3))


def test_a_draw_that_was_never_asked_for_is_told(results, drawing):
    with pytest.raises(ResultsError, match=r"has no draw 'nth:3'; it has first, zeros"):
        results.predictions(drawing, "nth:3")


def test_a_protocol_that_is_gone_is_told(results, drawing):
    shutil.rmtree(results.folder / "protocols")
    for read in (results.predictions, lambda run: results.card(run.protocol_hash)):
        with pytest.raises(ResultsError, match=r"holds no protocol .* Repeat the run to write it again"):
            read(drawing)


def test_history_tells_every_epoch_of_a_fold(results, drawing):
    assert [line["epoch"] for line in results.history(drawing, "s0")] == [1, 2, 3]
    assert results.history(results.run("nearest-table"), "s0") == []


# Damage: nothing is believed, nothing is removed, and the rest is read


def edited(path, edit):
    """Change a JSON file as a careful forger would, without its seal."""
    value = json.loads(path.read_text())
    value.pop("sha256", None)
    edit(value)
    path.write_text(json.dumps(value))


@pytest.mark.parametrize("place", ["folds", "evaluations"])
def test_a_path_in_the_place_of_a_hash_is_refused_and_leads_nowhere(results, drawing, tmp_path, place):
    (tmp_path / "thesis.npz").write_bytes(b"ten years of work")

    def edit(run):
        keys = run["folds"] if place == "folds" else run["evaluations"]["first"]
        keys["s0"] = str(tmp_path / "thesis")

    edited(results.folder / "runs" / drawing.run_id / "run.json", edit)
    with pytest.raises(DamagedFile, match="in the place of a hash"):
        results.run(drawing.run_id)
    assert (tmp_path / "thesis.npz").read_bytes() == b"ten years of work"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda run: run.update(run_id="../../elsewhere"), "is no name of a folder"),
        (lambda run: run.update(run_id="other"), "it is the record of another run"),
        (lambda run: run.update(seed=10**30), "seed: "),
        (lambda run: run.update(protocol_hash="x"), "in the place of a hash"),
        (lambda run: run.update(award="best"), "award: unexpected"),
        (lambda run: run["evaluations"].pop("first") and run["evaluations"].pop("zeros"), "no folds, or no draws"),
        (lambda run: run["evaluations"]["first"].pop("s0"), "its draws are not of its folds"),
        (lambda run: run["evaluations"].update(dream=run["evaluations"]["first"]), "Draw 'dream' is not one of"),
        (lambda run: run["method"]["access"].update(neutral=-1), "expected a whole number"),
        (lambda run: run["method"].pop("adapter"), "method.adapter: "),
    ],
)
def test_a_run_that_says_what_sabench_never_writes_is_damaged(results, drawing, edit, reason):
    edited(results.folder / "runs" / drawing.run_id / "run.json", edit)
    with pytest.raises(DamagedFile, match=f"(?i){reason}"):
        results.run(drawing.run_id)
    assert [run.method.name for run in results.runs()] == ["nearest"]


def test_a_changed_value_of_a_run_is_seen_by_its_seal(results, drawing):
    path = results.folder / "runs" / drawing.run_id / "run.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(DamagedFile, match="something in it was changed"):
        results.run(drawing.run_id)


def test_predictions_of_another_fold_or_draw_are_damage(results, drawing):
    shutil.copy(evaluation(results, drawing, "s0"), evaluation(results, drawing, "s1"))
    with pytest.raises(DamagedFile, match="it is of another evaluation"):
        results.predictions(drawing)
    assert [cell.status for cell in results.cells(drawing)] == ["complete", "damaged", "complete", "complete"]


@pytest.mark.parametrize(
    ("name", "edit", "reason"),
    [
        ("truth.json", lambda truth: truth["folds"]["s0"]["labels"].__setitem__(0, 3), "a label that is no class"),
        ("truth.json", lambda truth: truth["folds"]["s0"]["labels"].pop(), "not one speaker and one label"),
        ("truth.json", lambda truth: truth["folds"]["s0"]["ids"].reverse(), "utterances of fold s0 are not those"),
        ("truth.json", lambda truth: truth["folds"].pop("s0"), "its folds are not those of the card"),
        ("truth.json", lambda truth: truth["classes"].reverse(), "the card of the protocol has"),
        ("card.json", lambda card: card["pool"].update(neutral=2), "its hash is .*; the protocol's is"),
        ("card.json", lambda card: card.pop("folds"), "folds: field required"),
    ],
)
def test_truth_and_card_are_held_against_each_other(results, drawing, name, edit, reason):
    edited(results.folder / "protocols" / drawing.protocol_hash / name, edit)
    with pytest.raises(DamagedFile, match=rf"{name} is damaged: .*{reason}.*Repeat the command of a run under this"):
        results.predictions(drawing)


def test_one_altered_label_is_seen(results, drawing):
    path = results.folder / "protocols" / drawing.protocol_hash / "truth.json"
    truth = json.loads(path.read_text())
    truth["folds"]["s0"]["labels"][0] = (truth["folds"]["s0"]["labels"][0] + 1) % 3
    path.write_text(json.dumps(truth, indent=1) + "\n")
    with pytest.raises(DamagedFile, match="truth.json is damaged: something in it was changed"):
        results.predictions(drawing)


def test_truth_of_an_older_version_has_no_seal(results, drawing):
    expected = results.predictions(drawing)
    edited(results.folder / "protocols" / drawing.protocol_hash / "truth.json", lambda truth: None)
    assert Results(results.folder).predictions(drawing).truth.tolist() == expected.truth.tolist()


def test_a_folder_of_a_newer_format_is_refused_by_its_number_and_left_as_it_is(results):
    about = results.folder / "sabench.json"
    about.write_text('{"format": 2, "more": []}')
    with pytest.raises(ResultsError, match=r"of format 2; this sabench reads and writes format 1. Nothing was changed"):
        Results(results.folder)
    assert about.read_text() == '{"format": 2, "more": []}'


@pytest.mark.parametrize("content", ["", "[]", '{"format": "2"}', '{"format": 0}', '{"format": true}'])
def test_a_folder_whose_format_nobody_knows_is_refused(results, content):
    (results.folder / "sabench.json").write_text(content)
    with pytest.raises(DamagedFile, match="sabench.json is damaged: .* If no newer sabench wrote into this folder"):
        Results(results.folder)


# Writing


def test_what_an_earlier_start_asked_for_stays_part_of_a_run(results, drawing):
    asked = replace(drawing, evaluations={"first": drawing.evaluations["first"]}, created="2999-01-01")
    kept = results.write_run(asked)
    assert set(kept.draws) == {"first", "zeros"}
    assert kept.created == drawing.created


def test_two_commands_at_once_keep_the_draws_of_both(results, drawing, monkeypatch):
    both, read = Barrier(2), Results._read_run

    def read_together(self, path):
        found = read(self, path)
        with contextlib.suppress(BrokenBarrierError):  # as it must be: one reads when the other has written
            both.wait(0.3)
        return found

    monkeypatch.setattr(Results, "_read_run", read_together)
    asked = [replace(drawing, evaluations={draw: drawing.evaluations["first"]}) for draw in ("nth:0", "nth:1")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(results.write_run, asked))
    assert {"nth:0", "nth:1"} <= set(results.run(drawing.run_id).draws)


def test_a_status_is_never_written_down(results, drawing):
    value = json.loads((results.folder / "runs" / drawing.run_id / "run.json").read_text())
    assert "status" not in value


def test_reading_changes_nothing(results, drawing):
    before = {path: path.stat().st_mtime_ns for path in results.folder.rglob("*")}
    results.runs()
    results.predictions(drawing)
    results.cells(drawing)
    results.history(drawing, "s0")
    assert {path: path.stat().st_mtime_ns for path in results.folder.rglob("*")} == before


def test_a_folder_is_proven_to_be_writable(tmp_path):
    Results(tmp_path / "new").prepare()
    assert json.loads((tmp_path / "new" / "sabench.json").read_text()) == {"format": 1}
