import csv
import pickle
from pathlib import Path

import pytest
import tiny

from sabench.cells.cell import EnrolmentRows
from sabench.hashing import shuffled

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def plan(tones, tmp_path):
    return lambda *adapters, **values: tiny.plan(tones, tmp_path, adapters=adapters or ("nearest",), **values)


@pytest.fixture
def rows(tones):
    """The rows of the corpus by id."""
    with tones.open() as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def speakers_of(cell, numbers, rows, planned):
    """Speakers behind rows of a cell, found by the digests that the cell itself does not name."""
    table = planned.split_corpus.corpus.table
    speaker = dict(zip(table["digest"], table["speaker"], strict=True))
    return [speaker[cell.digests[number].decode()] for number in numbers]


def ids_of(cell, numbers, planned):
    table = planned.split_corpus.corpus.table
    name = dict(zip(table["digest"], table["id"], strict=True))
    return [name[cell.digests[number].decode()] for number in numbers]


def alike(first, second):
    """Whether records with arrays hold the same."""
    return pickle.dumps(first) == pickle.dumps(second)


# What a cell holds


@pytest.mark.parametrize("adapter", ["nearest", "nearest-norm", "nearest-to-neutral"])
def test_a_cell_holds_no_id_path_or_label_of_its_targets(plan, rows, tones, adapter):
    for cell in tiny.cells(plan(adapter, draws=["first", "other-speaker"])):
        content = pickle.dumps(cell)
        for name, row in rows.items():
            if row["speaker"] == cell.fold:
                assert name.encode() not in content
                assert name.rpartition("/")[2].encode() not in content
        assert str(tones.parent).encode() not in content


def test_the_labels_of_a_cell_are_those_of_training_and_validation_alone(plan, rows):
    wanted = plan("nearest-to-neutral")
    (planned,) = tiny.planned_runs(wanted)
    for cell in tiny.cells(wanted):
        assert cell.fold not in speakers_of(cell, cell.training.rows, rows, planned)
        assert cell.fold not in {held_out.speaker for held_out in cell.validation}
        assert len(cell.training.y) == len(cell.training.rows)
        (evaluation,) = cell.evaluations
        assert not any(len(target.enrolment.labelled_y) for target in evaluation.targets)


def test_changing_the_labels_of_targets_leaves_their_cell_as_it_is(tones, tmp_path):
    """Swapped labels of one speaker change keys by the fingerprint, and nothing that a fit sees."""
    import shutil

    other = tmp_path / "swapped"
    shutil.copytree(tones.parent, other)
    text = tones.read_text().splitlines()
    swap = {"happy": "sad", "sad": "happy"}
    lines = [text[0]]
    for line in text[1:]:
        cells = line.split(",")
        if cells[1] == "s0":
            cells[3] = swap.get(cells[3], cells[3])
        lines.append(",".join(cells))
    (other / "corpus.csv").write_text("\n".join(lines) + "\n")
    (first,) = [c for c in tiny.cells(tiny.plan(tones, tmp_path, adapters="nearest-norm")) if c.fold == "s0"]
    (second,) = [
        c for c in tiny.cells(tiny.plan(other / "corpus.csv", tmp_path, adapters="nearest-norm")) if c.fold == "s0"
    ]
    assert first.key != second.key
    for name in ("digests", "training", "validation", "more_training", "seed", "classes"):
        assert alike(getattr(first, name), getattr(second, name)), name
    assert alike(first.evaluations[0].targets, second.evaluations[0].targets)


def test_targets_are_predicted_in_an_order_that_follows_a_hash(plan):
    wanted = plan("nearest")
    (planned,) = tiny.planned_runs(wanted)
    for cell, fold in zip(tiny.cells(wanted), planned.split_corpus.protocol.folds, strict=True):
        ((target,),) = (evaluation.targets for evaluation in cell.evaluations)
        (expected,) = fold.test
        assert ids_of(cell, target.rows, planned) == shuffled(expected.scored, "order") != list(expected.scored)


def test_the_truth_is_kept_in_the_order_of_prediction(plan):
    wanted = plan("nearest")
    (planned,) = tiny.planned_runs(wanted)
    truth = planned.split_corpus.truth()
    for cell in tiny.cells(wanted):
        ids = [i for target in cell.evaluations[0].targets for i in ids_of(cell, target.rows, planned)]
        assert truth["folds"][cell.fold]["ids"] == ids
        assert [truth["classes"][y] for y in truth["folds"][cell.fold]["labels"]] == [i.split("_")[1] for i in ids]


def test_the_folder_of_a_cell_is_found_from_any_other(tones, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cell = tiny.cells(tiny.plan(tones, Path("results")))[0]
    assert cell.folder.is_relative_to(tmp_path / "results")


def test_a_cell_is_small(plan):
    (cell, *_) = tiny.cells(plan("svm"))
    assert len(pickle.dumps(cell)) < 20_000


# Who trains


def test_validation_speakers_train_where_a_method_does_not_validate(plan):
    for cell in tiny.cells(plan("nearest")):
        assert {*cell.training.speakers, cell.validation[0].speaker} == {*cell.more_training.speakers}
        assert cell.n_training_speakers == 3
        assert len(cell.more_training.rows) == 3 * 9


def test_validation_speakers_only_validate_where_a_method_does(plan):
    for cell in tiny.cells(plan("nearest-to-neutral")):
        assert (cell.more_training, cell.n_training_speakers, cell.n_train) == (None, 2, 18)


def test_the_number_of_training_speakers_can_be_evened_out(plan):
    cells = tiny.cells(plan("nearest", "nearest-to-neutral", validation_as_training=False))
    assert {cell.n_training_speakers for cell in cells} == {2}


# Enrolment


def test_training_speakers_are_enrolled_by_the_rule_used_for_targets(plan):
    wanted = plan("nearest-norm", settings={"speaker-zscore.neutral": 1})
    (planned,) = tiny.planned_runs(wanted)
    for cell in tiny.cells(wanted):
        drawn = {name: ids_of(cell, rows.neutral, planned) for name, rows in cell.more_training.enrolments.items()}
        assert drawn == {name: [f"wav/{name}_neutral_0.wav"] for name in cell.more_training.speakers}
        (target,) = cell.evaluations[0].targets
        assert ids_of(cell, target.enrolment.neutral, planned) == [f"wav/{cell.fold}_neutral_0.wav"]


def test_no_more_is_drawn_than_the_access_declares(plan):
    for cell in tiny.cells(plan("nearest", pool="neutral=1,unlabelled=2,labelled=1")):
        assert alike(cell.evaluations[0].targets[0].enrolment, EnrolmentRows())


def test_labelled_enrolment_comes_with_its_labels_and_no_others(plan):
    wanted = plan("greedy", settings={"greedy.labelled": 2}, pool="neutral=0,labelled=2")
    (planned,) = tiny.planned_runs(wanted)
    for cell in tiny.cells(wanted):
        (target,) = cell.evaluations[0].targets
        labels = [name.split("_")[1] for name in ids_of(cell, target.enrolment.labelled, planned)]
        assert [cell.classes[y] for y in target.enrolment.labelled_y] == labels
        assert len(labels) == 2
        assert not {*target.enrolment.labelled} & {*target.rows}


# Draws and controls


def drawn(plan, draw, adapter="nearest-to-neutral", **values):
    wanted = plan(adapter, draws=[draw], **values)
    (planned,) = tiny.planned_runs(wanted)
    (cell, *_) = tiny.cells(wanted)
    (target,) = cell.evaluations[0].targets
    return ids_of(cell, target.enrolment.neutral, planned), target.enrolment


def test_the_control_of_another_speaker_comes_from_training(plan):
    (name,), _ = drawn(plan, "other-speaker")
    assert name in {"wav/s2_neutral_0.wav", "wav/s3_neutral_0.wav"}


def test_the_control_of_zeros_keeps_the_utterance_and_says_so(plan):
    names, enrolment = drawn(plan, "zeros")
    assert names == ["wav/s0_neutral_0.wav"]
    assert enrolment.stand_in == "zeros"


def test_the_emotional_control_is_not_neutral(plan):
    (name,), _ = drawn(plan, "emotional")
    assert name.startswith(("wav/s0_happy", "wav/s0_sad"))


def test_a_target_who_is_never_emotional_keeps_the_neutral_enrolment(tones, tmp_path):
    text = tones.read_text().replace("wav/", f"{tones.parent}/wav/")
    lines = [line.replace("false", "true") if ",s0," in line else line for line in text.splitlines()]
    table = tmp_path / "never_emotional.csv"
    table.write_text("\n".join(lines))
    first, control = (
        tiny.cells(tiny.plan(table, tmp_path, adapters="nearest-to-neutral", draws=[draw]))[0].evaluations[0]
        for draw in ("first", "emotional")
    )
    assert len(control.targets[0].enrolment.neutral) == 1
    assert alike(control.targets, first.targets)


# Records


def test_two_names_of_one_method_share_their_cells(plan):
    alias, spelt = (
        tiny.planned_runs(plan("svm-norm"))[0],
        tiny.planned_runs(plan("svm", normaliser="speaker-zscore"))[0],
    )
    assert alias.record.folds == spelt.record.folds
    assert alias.record.run_id != spelt.record.run_id


def test_evaluation_parameters_share_the_fit_and_not_the_evaluation(plan):
    one, other = (tiny.planned_runs(plan(settings={"nearest.sharpness": s}))[0].record for s in (1.0, 2.0))
    assert one.folds == other.folds
    assert one.evaluations != other.evaluations
    assert one.run_id != other.run_id


def test_a_searched_method_is_told_from_the_plain_one(plan):
    plain, searched, fixed = (
        tiny.planned_runs(plan("nearest", **values))[0].record
        for values in ({}, {"search": True}, {"search": True, "settings": {"nearest.sharpness": 2.0}})
    )
    assert [run.method.title for run in (plain, searched, fixed)] == [
        "nearest",
        "nearest (search)",
        "nearest (sharpness=2.0, search)",
    ]
    assert plain.folds != searched.folds


def test_a_method_without_a_grid_is_not_searched(plan):
    plain, searched = (
        tiny.planned_runs(plan("nearest-to-neutral", *more, search=bool(more)))[0].record for more in ((), ("nearest",))
    )
    assert searched.method.title == "nearest-to-neutral"
    assert plain.folds == searched.folds


def test_draws_share_the_fit_and_not_the_evaluation(plan):
    (planned,) = tiny.planned_runs(plan("nearest-to-neutral", draws=["first", "zeros"]))
    assert set(planned.record.evaluations) == {"first", "zeros"}
    assert len({key for keys in planned.record.evaluations.values() for key in keys.values()}) == 2 * 4


def test_a_run_has_the_same_id_however_often_it_is_planned(plan):
    assert tiny.planned_runs(plan())[0].record.run_id == tiny.planned_runs(plan())[0].record.run_id


def test_folds_do_not_depend_on_the_seed_and_fits_do(plan):
    one, other = tiny.planned_runs(plan(seeds=[0, 1]))
    assert one.split_corpus.protocol.hash == other.split_corpus.protocol.hash
    assert not {*one.record.folds.values()} & {*other.record.folds.values()}


def test_the_seed_of_a_cell_depends_on_fold_and_seed_and_not_on_the_other_methods(plan):
    seeds = {(c.fold, c.run_id): c.seed for c in tiny.cells(plan("nearest", seeds=[0, 1]))}
    assert len(set(seeds.values())) == 8
    together = {(c.fold, c.run_id): c.seed for c in tiny.cells(plan("svm", "nearest", seeds=[1, 0]))}
    assert seeds.items() <= together.items()
