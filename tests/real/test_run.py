"""UARs on real recordings against those that an independent script found (RBF SVM, C = 1, balanced weights)."""

import pytest

from sabench.running import runner
from sabench.running.plan import Plan


@pytest.fixture(scope="module")
def found(recordings, tmp_path_factory):
    """UAR in % of each method: EmoDB, seven classes, leave one speaker out, every utterance scored."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    plan = Plan.build(
        {
            "adapters": ["svm", "svm-norm"],
            "datasets": ["emodb"],
            "root": recordings / "emodb",
            "pool": "neutral=0",
            "results": tmp_path_factory.mktemp("results"),
            "track": False,
        }
    )
    summaries = runner.run(plan)
    patch.undo()
    return {summary.record.method.name: summary for summary in summaries}


@pytest.mark.parametrize(("adapter", "uar"), [("svm", 61.4), ("svm-norm", 69.5)])
def test_emodb_is_within_two_points_of_an_independent_script(found, adapter, uar):
    assert 100 * found[adapter].uar_mean == pytest.approx(uar, abs=2)


def test_every_utterance_of_emodb_is_scored(found):
    assert {summary.n_scored for summary in found.values()} == {535}
    assert {summary.n_training_speakers for summary in found.values()} == {9}
