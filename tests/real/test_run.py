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


def test_what_is_trained_on_another_corpus_is_at_chance_as_an_independent_script_found(
    recordings, tmp_path, monkeypatch
):
    """RAVDESS, four classes, after training on EmoDB: 24.7 there too. The bundle is joined again and agrees."""
    from sabench.bundle import exporting, verifying
    from sabench.bundle.content import open_bundle
    from sabench.bundle.reading import linked_corpus
    from sabench.registry.registry import Registry
    from sabench.results.folder import Results

    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SABENCH_EMODB_ROOT", str(recordings / "emodb"))
    monkeypatch.setenv("SABENCH_RAVDESS_ROOT", str(recordings / "ravdess"))
    given = {"adapters": "svm", "datasets": "ravdess:4class", "train_on": "emodb", "results": tmp_path, "track": False}
    (summary,) = runner.run(Plan.build(given))
    assert 100 * summary.uar_mean == pytest.approx(24.7, abs=0.5)
    registry, path = Registry(), tmp_path / "bundle.zip"
    exporting.export(Results(tmp_path), summary.record, path, labels_shareable=True, registry=registry)
    corpus, reason = linked_corpus(open_bundle(path).card, registry)
    assert reason == ""
    (*_, told) = verifying.verify(path, corpus=corpus, registry=registry).notes
    assert told.startswith(
        "The linked corpus is the bundle's: it has these recordings and labels, and gives this protocol"
    )
