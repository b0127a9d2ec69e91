import numpy as np
import pytest

import sabench
from sabench import FeatureExtractor, ParameterError, PlanError, hookimpl
from sabench.stats import metrics
from sabench.testing import make_corpus


class Loudness(FeatureExtractor):
    name = "loudness"
    title = "level, zero crossings"
    kind = "functionals"

    def extract(self, signal, sampling_rate):
        crossings = np.count_nonzero(np.diff(np.signbit(signal[0])))
        return np.float32([np.log(signal.std() + 1e-6), np.log(crossings + 1)])


class Deaf(Loudness):
    name = "deaf"

    def extract(self, signal, sampling_rate):
        raise ValueError("it hears nothing")


class Notebook:
    @hookimpl
    def sabench_features(self):
        return {"loudness": Loudness, "deaf": Deaf}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), n_speakers=3, n_per_class=3)


@pytest.fixture
def run(table, tmp_path):
    def with_defaults(adapters=("svm", "svm-norm"), **plan):
        given = {"features": "loudness", "root": table, "results": tmp_path / "results", "track": False, "jobs": 1}
        return sabench.run(adapters, "table", plugins=[Notebook()], **{**given, **plan})

    return with_defaults


def test_there_is_one_row_a_run_and_draw(run):
    outcome = run(("svm", "svm-neutral"), draws=("first", "zeros"))
    assert outcome.runs[["adapter", "draw"]].to_numpy().tolist() == [
        ["svm", "first"],  # which needs nothing, so that no other draw can change it
        ["svm-neutral", "first"],
        ["svm-neutral", "zeros"],
    ]
    assert outcome.runs["status"].eq("complete").all()
    assert outcome.runs["access"].tolist() == ["none", "1 neutral", "1 neutral"]


def test_predictions_give_back_the_scores(run):
    outcome = run("svm-norm")
    said = outcome.predictions()
    index = {name: number for number, name in enumerate(("happy", "neutral", "sad"))}
    uar = metrics.uar(said["truth"].map(index).to_numpy(), said["predicted"].map(index).to_numpy())
    assert uar == pytest.approx(outcome.runs["uar_pooled"][0])
    assert len(said) == outcome.runs["n_scored"][0] == 24
    classes = said[["p_happy", "p_neutral", "p_sad"]]
    assert np.allclose(classes.sum(axis=1), 1)
    assert np.allclose(classes.max(axis=1), said["probability"])
    assert set(said["speaker"]) == {"s0", "s1", "s2"}


def test_folds_average_to_the_run(run):
    outcome = run("svm")
    folds = outcome.folds()
    assert folds["fold"].nunique() == len(folds) == 3
    assert folds["uar"].mean() == pytest.approx(outcome.runs["uar_mean"][0])


def test_what_is_done_is_not_computed_again(run):
    first, again = run("svm"), run("svm")
    assert again.runs["seconds"].tolist() == first.runs["seconds"].tolist()


def test_a_run_that_failed_is_a_row(run):
    outcome = run("svm", features="deaf")
    assert outcome.runs["status"].tolist() == ["failed"]
    assert outcome.folds()["error"].str.contains("it hears nothing").all()
    assert outcome.predictions().empty


def test_a_part_that_no_plan_has_is_refused(run):
    with pytest.raises(PlanError, match=r"'normalizer' is not part of a plan. Did you mean 'normaliser'"):
        run(normalizer="warping")


def test_settings_reach_the_plugin(run):
    assert run("svm", settings={"svm.C": 0.5}).runs["variant"].tolist() == ["features=loudness, C=0.5"]
    with pytest.raises(ParameterError, match=r"svm has no parameter 'D'"):
        run("svm", settings={"svm.D": 0.5})


def test_a_notebook_shows_the_runs(run):
    assert "svm-norm" in run("svm-norm")._repr_html_()


def test_it_is_a_public_name():
    assert {"run", "Outcome"} <= set(dir(sabench))
