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
