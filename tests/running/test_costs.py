from dataclasses import replace

import pytest
import tiny

from sabench.running.costs import estimate

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
    shared = estimate(replace(planned, device=device, elsewhere=True), plan)
    assert shared.at_once == 3
    assert shared.elapsed_s == pytest.approx(shared.seconds / factor)


def test_jobs_of_a_cluster_have_a_card_each(tones, tmp_path):
    values = {"dask": "slurm", "batch": {"workers": 2, "gpus": 1}}
    plan = tiny.plan(tones, tmp_path, adapters="resnet", preset="small", **values)
    (planned,) = tiny.planned_runs(plan)
    apart = estimate(replace(planned, device="cuda", elsewhere=True), plan)
    assert apart.elapsed_s == pytest.approx(apart.seconds / 2)
