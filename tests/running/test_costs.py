from dataclasses import replace

import pytest
import tiny

from sabench.running import runner
from sabench.running.costs import PROCESS_BYTES, estimate, fitting, with_room
from sabench.running.observer import Observer

pytestmark = pytest.mark.usefixtures("warm")


def estimates(tones, folder, *adapters, **values):
    plan = tiny.plan(tones, folder, adapters=adapters, **values)
    return [estimate(planned, plan) for planned in tiny.planned_runs(plan)]


def test_a_run_costs_the_sum_of_its_folds(tones, tmp_path):
    (svm,) = estimates(tones, tmp_path, "svm")
    assert svm.n_folds == 4
    assert svm.seconds == pytest.approx(4 * svm.cell.seconds)
    assert svm.n_train == 18


def test_networks_cost_more_and_tell_their_size(tones, tmp_path):
    svm, resnet = estimates(tones, tmp_path, "svm", "resnet", preset="small")
    assert resnet.cell.seconds > svm.cell.seconds
    assert svm.cell.parameters is None
    assert resnet.cell.parameters > 10_000


def test_nothing_is_extracted_for_an_estimate(tones, tmp_path, monkeypatch):
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "cache"))
    estimates(tones, tmp_path / "results", "svm")
    assert not (tmp_path / "cache" / "features").exists()
    assert not (tmp_path / "results").exists()


def test_workers_share_the_time(tones, tmp_path):
    (alone,) = estimates(tones, tmp_path, "svm", jobs=1)
    (shared,) = estimates(tones, tmp_path, "svm", jobs=3)
    assert alone.elapsed_s == alone.seconds == shared.seconds
    assert shared.elapsed_s == pytest.approx(shared.seconds / 3)


def test_no_more_workers_share_it_than_there_are_folds(tones, tmp_path):
    (crowded,) = estimates(tones, tmp_path, "svm", jobs=100)
    assert crowded.at_once == 4


@pytest.mark.parametrize(("device", "factor"), [("cuda", 1), ("cpu", 3)])
def test_folds_that_share_a_graphics_card_share_its_time(tones, tmp_path, device, factor):
    plan = tiny.plan(tones, tmp_path, adapters="resnet", preset="small", jobs=3)
    (planned,) = tiny.planned_runs(plan)
    shared = estimate(replace(planned, device=device, elsewhere=True), plan, free=lambda _: None)
    assert shared.at_once == 3
    assert shared.elapsed_s == pytest.approx(shared.seconds / factor)


def test_jobs_of_a_cluster_have_a_card_each(tones, tmp_path):
    values = {"dask": "slurm", "batch": {"workers": 2, "gpus": 1}}
    plan = tiny.plan(tones, tmp_path, adapters="resnet", preset="small", **values)
    (planned,) = tiny.planned_runs(plan)
    apart = estimate(replace(planned, device="cuda", elsewhere=True), plan)
    assert apart.elapsed_s == pytest.approx(apart.seconds / 2)


@pytest.mark.parametrize(
    ("wanted", "free", "each", "slots"),
    [(8, 100, 30, 3), (8, 1000, 30, 8), (8, 29, 30, 1), (1, 0, 30, 1), (8, 30, 30, 1)],
)
def test_no_more_folds_than_fit_and_always_one(wanted, free, each, slots):
    assert fitting(wanted, free, each) == slots


def test_a_lower_number_of_folds_is_told_with_both_sizes():
    slots, note = with_room(8, 3 * 10**9, "cuda", lambda _: 12 * 10**9)
    assert slots == 3
    assert note == (
        "A fold takes up to about 3.6 GB of the graphics card's memory, of which 12.0 GB are free: 3 at a time in "
        "place of 8."
    )
    assert with_room(3, 3 * 10**9, "cuda", lambda _: 12 * 10**9) == (3, "")


@pytest.mark.parametrize(("wanted", "size", "device"), [(8, 0, "cuda"), (1, 10**9, "cuda"), (8, 10**9, "cpu")])
def test_a_device_is_asked_only_where_the_answer_could_matter(wanted, size, device):
    def free(device):
        raise AssertionError(device)

    assert with_room(wanted, size, device, free) == (wanted, "")


def test_a_device_that_does_not_tell_limits_nothing():
    assert with_room(8, 10**9, "cuda", lambda _: None) == (8, "")


def test_an_estimate_keeps_to_the_free_memory_of_a_graphics_card(tones, tmp_path):
    plan = tiny.plan(tones, tmp_path, adapters="resnet", preset="small", jobs=3)
    (planned,) = tiny.planned_runs(plan)
    planned = replace(planned, device="cuda", elsewhere=True)
    size = estimate(planned, plan, free=lambda _: None).cell.device_bytes + PROCESS_BYTES
    full = estimate(planned, plan, free=lambda _: 2 * size)
    assert full.at_once == 2
    assert full.note.endswith("2 at a time in place of 3.")


def test_folds_at_work_keep_to_the_free_memory_of_a_graphics_card(tones, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "free_bytes", lambda _: 0)
    plan = tiny.plan(tones, tmp_path, adapters="resnet", preset="small", jobs=3)
    (planned,) = tiny.planned_runs(plan)
    notes = []
    observer = Observer()
    monkeypatch.setattr(observer, "note", notes.append)
    run = runner.Runner(plan, tiny.registry(), observer)
    expected = estimate(replace(planned, device="cuda", elsewhere=True), plan, free=lambda _: None)
    assert run._executor([expected]).slots == 1
    assert [note.endswith("1 at a time in place of 3.") for note in notes] == [True]
