import pytest
import tiny

from sabench import PlanError
from sabench.results.folder import Results
from sabench.running import runner
from sabench.running.executors import Dask

pytestmark = [
    pytest.mark.usefixtures("warm"),
    # Of distributed, which closes its sockets and loops after the test that made them.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two worker processes on the loopback device."""
    distributed = pytest.importorskip("distributed", reason="sabench[dask] is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as made:
        yield made


def outcome(tones, folder, adapters, **values):
    plan = tiny.plan(tones, folder, adapters=adapters, **values)
    summaries = runner.run(plan, registry=tiny.registry())
    results = Results(folder)
    return {
        s.record.method.name: (s.record.status, results.predictions(s.record).probabilities.tolist()) for s in summaries
    }


def test_a_cluster_gives_the_same_numbers_as_this_process(cluster, tones, tmp_path):
    adapters = ["nearest-norm", "nearest-to-neutral"]
    here = outcome(tones, tmp_path / "here", adapters)
    there = outcome(tones, tmp_path / "there", adapters, dask=cluster.scheduler_address)
    assert here == there
    assert {status for status, _ in there.values()} == {"complete"}


def test_a_failed_fold_on_a_cluster_is_told_and_the_rest_goes_on(cluster, tones, tmp_path):
    plan = tiny.plan(
        tones, tmp_path, adapters="faulty", settings={"faulty.target": "s1"}, dask=cluster.scheduler_address
    )
    (summary,) = runner.run(plan, registry=tiny.registry())
    assert summary.failures == [("s1", "RuntimeError: no luck (in fit)")]
    assert summary.n_folds == 3


def test_a_worker_of_a_cluster_that_dies_fails_its_cell_alone(cluster, tones, tmp_path):
    settings = {"faulty.fault": "kill", "faulty.target": "s1", "faulty.notes": str(tmp_path / "notes")}
    plan = tiny.plan(tones, tmp_path / "results", adapters="faulty", settings=settings, dask=cluster.scheduler_address)
    (summary,) = runner.run(plan, registry=tiny.registry())
    assert [fold for fold, _ in summary.failures] == ["s1"]
    assert "was killed by signal 9" in summary.failures[0][1]


def test_a_cluster_that_does_not_answer_is_told():
    pytest.importorskip("distributed", reason="sabench[dask] is not installed")
    with pytest.raises(PlanError, match=r"No Dask scheduler answers at 'nowhere'.*dask scheduler"):
        Dask("nowhere")
