import numpy as np
import pytest
import tiny

from sabench import ALL, Access, PlanError
from sabench.cells.cell import EnrolmentRows
from sabench.cells.fitting import CellData, fit, forget_candidates, load, save
from sabench.cells.folder import CellFolder

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def made(tones, tmp_path):
    """Return the cell of fold s0, its folder and its data."""

    def make(adapter="nearest", **values):
        cell, *_ = tiny.cells(tiny.plan(tones, tmp_path, adapters=adapter, **values))
        folder = CellFolder(cell.folder)
        folder.path.mkdir(parents=True, exist_ok=True)
        return cell, folder, CellData(cell)

    return make


def speaker_means(utterances):
    X = utterances.features.stack()
    return {name: X[rows].mean(axis=0) for name, rows in utterances.rows_of.items()}


class Spy:
    """Stands in for an adapter's fit and keeps what it was handed."""

    def __init__(self, monkeypatch, cls):
        monkeypatch.setattr(cls, "fit", lambda adapter, *given, **more: self.keep(adapter, *given, **more))
        self.calls = []
        self.original = cls.fit

    def keep(self, adapter, train, validation, *, context):
        self.calls.append((adapter, train, validation, context))
        adapter.means_ = np.zeros((3, 2))

    @property
    def last(self):
        return self.calls[-1]


def test_training_utterances_carry_labels_speakers_and_who_is_neutral(made, monkeypatch):
    spy = Spy(monkeypatch, tiny.Nearest)
    fit(*made())
    _, train, validation, _ = spy.last
    assert set(train.speaker) == {"s1", "s2", "s3"}
    assert train.classes == ("happy", "neutral", "sad")
    assert np.bincount(train.y).tolist() == [9, 9, 9]
    assert (train.neutral == (train.y == 1)).all()
    assert validation == []


def test_the_context_holds_what_the_cell_says(made, monkeypatch):
    spy = Spy(monkeypatch, tiny.Nearest)
    cell, folder, data = made(threads=2)
    fit(cell, folder, data)
    context = spy.last[3]
    assert (context.seed, context.device, context.threads) == (cell.seed, "cpu", 2)
    context.report(epoch=1, loss=0.5)
    assert folder.history() == [{"epoch": 1, "loss": 0.5}]


def test_training_speakers_stand_behind_their_own_transform(made, monkeypatch):
    plain, normed = Spy(monkeypatch, tiny.Nearest), None
    fit(*made("nearest"))
    spread = np.ptp(list(speaker_means(plain.last[1]).values()), axis=0)
    normed = Spy(monkeypatch, tiny.Nearest)
    fit(*made("nearest-norm"))
    centred = np.array(list(speaker_means(normed.last[1]).values()))
    assert (spread > 5).all()
    assert np.abs(centred).max() < 1e-5


def test_validation_speakers_are_enrolled_by_the_rule_used_for_targets(made, monkeypatch):
    spy = Spy(monkeypatch, tiny.NearestToNeutral)
    cell, folder, data = made("nearest-to-neutral", normaliser="speaker-zscore")
    fit(cell, folder, data)
    ((enrolment, utterances),) = spy.last[2]
    assert (len(enrolment.neutral), len(enrolment.unlabelled), len(enrolment.labelled)) == (1, 0, 0)
    assert set(utterances.speaker) == {"s1"}
    assert len(utterances) == 8
    both = np.concatenate([utterances.features.stack(), enrolment.neutral.stack()])
    assert np.abs(both.mean(axis=0)).max() < 1e-5


def test_validation_utterances_do_not_say_who_is_neutral(made, monkeypatch):
    spy = Spy(monkeypatch, tiny.NearestToNeutral)
    fit(*made("nearest-to-neutral"))
    assert not spy.last[2][0][1].neutral.any()


def test_evaluation_parameters_do_not_reach_the_fit(made, monkeypatch):
    spy = Spy(monkeypatch, tiny.NearestToNeutral)
    values = {"neutral": 0, "sharpness": 9.0, "epochs": 2}
    fit(*made("nearest-to-neutral", settings={f"adapter.{key}": value for key, value in values.items()}))
    adapter, _, ((enrolment, _),), _ = spy.last
    assert (adapter.neutral, adapter.sharpness, adapter.epochs) == (1, 1.0, 2)
    assert len(enrolment.neutral) == 1


def test_the_adapter_of_the_cell_stays_unfitted(made):
    cell, folder, data = made()
    method, _ = fit(cell, folder, data)
    assert method.adapter is not cell.adapter
    assert not hasattr(cell.adapter, "means_")


# Enrolment


def test_a_method_is_handed_no_more_than_it_declares(made, tmp_path):
    notes = tmp_path / "notes"
    cell, folder, data = made(
        "greedy", settings={"greedy.neutral": 1, "greedy.notes": str(notes)}, pool="neutral=1,unlabelled=2,labelled=1"
    )
    method, _ = fit(cell, folder, data)
    everything = data.enrolment(EnrolmentRows(*map(np.array, ([0, 1], [2, 3], [4], [0]))))
    method.enrol(everything)
    assert notes.read_text().splitlines()[-1] == "1 0 0 0"


def test_a_normaliser_does_not_widen_what_its_adapter_sees(made, tmp_path):
    notes = tmp_path / "notes"
    cell, folder, data = made(
        "greedy", normaliser="speaker-zscore", settings={"greedy.neutral": 1, "greedy.notes": str(notes)}
    )
    method, _ = fit(cell, folder, data)
    assert Access(1, ALL) == method.adapter.access | method.normaliser.access
    method.enrol(data.enrolment(cell.evaluations[0].targets[0].enrolment))
    assert notes.read_text().splitlines()[-1] == "1 0 0 0"


def test_zeros_keep_the_shape_of_what_they_replace(made):
    cell, _, data = made("nearest-to-neutral", draws=["zeros"], features="tone-frames")
    rows = cell.evaluations[0].targets[0].enrolment
    zeros, original = data.enrolment(rows).neutral[0], data.features(rows.neutral)[0]
    assert zeros.shape == original.shape
    assert not zeros.any()
    assert original.any()


@pytest.mark.parametrize("features", ["tone", "tone-frames"])
def test_the_mean_of_training_stands_in_for_every_frame(made, features):
    cell, _, data = made("nearest-to-neutral", draws=["mean"], features=features)
    rows = cell.evaluations[0].targets[0].enrolment
    mean, original = data.enrolment(rows).neutral[0], data.features(rows.neutral)[0]
    frames = np.concatenate([np.atleast_2d(array) for array in data.features(cell.training.rows)])
    assert mean.shape == original.shape
    assert np.atleast_2d(mean) == pytest.approx(
        np.broadcast_to(frames.mean(axis=0), np.atleast_2d(mean).shape), abs=1e-4
    )


# Search


def test_search_chooses_what_is_best_on_validation(made):
    cell, folder, data = made("nearest-norm", search=True, validation_as_training=False)
    _, search = fit(cell, folder, data)
    assert [entry["parameters"] for entry in search["search"]] == [{"feature": 0}, {"feature": 1}, {"feature": None}]
    best = max(entry["validation_uar"] for entry in search["search"])
    assert search["chosen"] == next(e["parameters"] for e in search["search"] if e["validation_uar"] == best)


def test_search_never_looks_at_targets(made, monkeypatch):
    cell, folder, data = made("nearest-norm", search=True)
    seen = set()
    original = data.features
    monkeypatch.setattr(data, "features", lambda rows: (seen.update(rows), original(rows))[1])
    fit(cell, folder, data)
    (target,) = cell.evaluations[0].targets
    assert seen
    assert not seen & {*target.rows}


def test_search_tries_without_the_validation_speakers_and_refits_with_them(made, monkeypatch):
    spy = Spy(monkeypatch, tiny.Nearest)
    fit(*made("nearest", search=True))
    assert [sorted(set(train.speaker)) for _, train, _, _ in spy.calls] == [["s2", "s3"]] * 3 + [["s1", "s2", "s3"]]


def test_the_chosen_candidate_is_not_fitted_again_where_nothing_joins_it(made, monkeypatch):
    fits = []
    original = tiny.Nearest.fit
    monkeypatch.setattr(
        tiny.Nearest, "fit", lambda self, *given, **more: (fits.append(self.feature), original(self, *given, **more))
    )
    cell, folder, data = made("nearest", search=True, validation_as_training=False)
    method, search = fit(cell, folder, data)
    assert fits == [0, 1, None]
    assert method.adapter.feature == search["chosen"]["feature"]
    again = tiny.Nearest(**search["chosen"])
    original(again, data.utterances(cell.training), [], context=None)
    assert np.array_equal(method.adapter.means_, again.means_)


def test_a_chosen_candidate_whose_model_is_gone_is_fitted_again(made, monkeypatch):
    cell, folder, data = made("nearest", search=True, validation_as_training=False)
    first, _ = fit(cell, folder, data)
    forget_candidates(folder)
    assert not list((folder.path / "search").glob("*/model"))
    second, _ = fit(cell, folder, data)
    assert np.array_equal(first.adapter.means_, second.adapter.means_)


def test_the_history_of_the_chosen_candidate_becomes_the_cells(made):
    cell, folder, data = made("nearest", search=True, validation_as_training=False)
    for number in range(3):
        inner = CellFolder(folder.path / "search" / str(number))
        inner.path.mkdir(parents=True)
        inner.report(epoch=1, loss=float(number))
    _, search = fit(cell, folder, data)
    chosen = [entry["parameters"] for entry in search["search"]].index(search["chosen"])
    assert folder.history() == [{"epoch": 1, "loss": float(chosen)}]


def test_a_search_that_was_killed_goes_on_where_it_was(made, monkeypatch):
    cell, folder, data = made("nearest", search=True)
    inner = CellFolder(folder.path / "search" / "1")
    inner.path.mkdir(parents=True)
    inner.write_candidate({"feature": 1}, 1.0)
    spy = Spy(monkeypatch, tiny.Nearest)
    _, search = fit(cell, folder, data)
    assert search["chosen"] == {"feature": 1}
    assert [adapter.feature for adapter, *_ in spy.calls] == [0, None, 1]


def test_search_needs_validation_speakers(made, tones, tmp_path):
    table = tmp_path / "no_validation.csv"
    table.write_text(tones.read_text().replace("wav/", f"{tones.parent}/wav/").replace(",validation", ",train"))
    (cell,) = tiny.cells(tiny.plan(table, tmp_path, protocol="challenge", search=True))
    with pytest.raises(PlanError, match="--search chooses on validation speakers, and this fold has none"):
        fit(cell, CellFolder(cell.folder), CellData(cell))


# Keeping


def test_a_saved_method_predicts_as_before(made):
    cell, folder, data = made("nearest-norm")
    method, _ = fit(cell, folder, data)
    assert save(method, folder)
    (target,) = cell.evaluations[0].targets
    enrolment, features = data.enrolment(target.enrolment), data.features(target.rows)
    assert np.array_equal(load(cell, folder, {}).predict(enrolment, features), method.predict(enrolment, features))


def test_what_search_chose_is_loaded(made):
    cell, folder, data = made("nearest")
    cell.adapter.notes = ""
    method, _ = fit(cell, folder, data)
    save(method, folder)
    assert load(cell, folder, {"feature": 1}).adapter.feature == 1


def test_a_method_that_cannot_be_saved_leaves_nothing(made):
    cell, folder, data = made("faulty", settings={"faulty.target": "s3"})
    method, _ = fit(cell, folder, data)
    assert not save(method, folder)
    assert not folder.model.exists()
