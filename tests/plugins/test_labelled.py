"""Methods that are told labels of the target speaker: what the labels do, and that none of them are needed."""

from __future__ import annotations

import numpy as np
import pytest
from fit_context import context

from sabench import Access, Enrolment, Utterances
from sabench.interfaces.views import FeatureView, Matrix
from sabench.registry.registry import Registry

METHODS = ["knn", "prototypes", "refit"]
CLASSES = ("calm", "angry")


def view(X):
    return FeatureView(Matrix(np.asarray(X, dtype=np.float32)))


def speaker(rng, shift, n=40):
    """Two classes a distance of 2 apart along each of four features, moved by the speaker's shift."""
    y = np.arange(n) % 2
    return rng.normal(size=(n, 4)) + np.where(y, 1.0, -1.0)[:, None] + shift, y


@pytest.fixture
def fitted():
    def fit(name, **parameters):
        rng = np.random.default_rng(0)
        X, y = speaker(rng, 0.0, 200)
        method = Registry().create("adapters", name, parameters)
        names = np.repeat([f"s{i}" for i in range(10)], 20)
        method.fit(Utterances(view(X), y, names, np.zeros(len(y), dtype=bool), CLASSES), [], context=context())
        return method

    return fit


def accuracy(method, X, y, n_labelled):
    enrolment = Enrolment(labelled=view(X[:n_labelled]), labelled_y=y[:n_labelled])
    return float((method.enrol(enrolment).predict_proba(view(X[20:])).argmax(axis=1) == y[20:]).mean())


@pytest.mark.parametrize("name", METHODS)
def test_labels_of_a_speaker_who_differs_help(fitted, name):
    method = fitted(name, labelled=20)
    without, told = [], []
    for seed in range(5):
        X, y = speaker(np.random.default_rng(seed + 1), 3.0)
        without.append(accuracy(method, X, y, 0))
        told.append(accuracy(method, X, y, 20))
    assert np.mean(without) < 0.7
    assert np.mean(told) > np.mean(without) + 0.15


@pytest.mark.parametrize("name", METHODS)
def test_enrolling_one_speaker_leaves_the_next_as_they_were(fitted, name):
    method = fitted(name, labelled=20)
    X, y = speaker(np.random.default_rng(1), 3.0)
    before = method.enrol(Enrolment()).predict_proba(view(X))
    method.enrol(Enrolment(labelled=view(X), labelled_y=y))
    np.testing.assert_array_equal(method.enrol(Enrolment()).predict_proba(view(X)), before)


@pytest.mark.parametrize("name", METHODS)
def test_the_price_is_what_was_asked_for(name):
    assert Registry().create("adapters", name, {"labelled": 3}).access == Access(labelled=3)
    assert Registry().create("adapters", name, {"labelled": 0}).access == Access()


def test_a_prototype_lies_between_the_training_mean_and_the_speakers_own(fitted):
    method = fitted("prototypes", labelled=2, shrinkage=2.0)
    own = np.full((2, 4), 7.0)
    moved = method.enrol(Enrolment(labelled=view(own), labelled_y=np.array([1, 1]))).prototypes
    expected = (method.prototypes_[1] + (own[0] - method.mean_) / method.deviation_) / 2
    np.testing.assert_allclose(moved[1], expected)
    np.testing.assert_array_equal(moved[0], method.prototypes_[0])


@pytest.mark.parametrize("name", [*METHODS, "logreg"])
def test_what_it_takes_is_told_beforehand_and_grows_with_the_training_set(name):
    method = Registry().create("adapters", name)
    seconds = [method.cost(np.ones(n), 88, 4, device="cpu", threads=1).seconds for n in (100, 10_000)]
    assert 0 < 2 * seconds[0] < seconds[1] < 10


def test_refitting_for_a_target_is_counted_beside_the_fit():
    once, twice = (
        Registry().create("adapters", name).cost(np.ones(1000), 88, 4, device="cpu", threads=1).seconds
        for name in ("logreg", "refit")
    )
    assert twice == pytest.approx(2 * once)
