import numpy as np
import pytest
from fit_context import context
from made_speakers import utterances, view
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sabench import Enrolment, SklearnAdapter, Utterances
from sabench_plugins.adapters.svm import SVM


@pytest.fixture(scope="module")
def train():
    return utterances(offset=1.0)


def fitted(adapter, train):
    adapter.fit(train, [], context=context())
    return adapter.enrol(Enrolment())


def kept(train, *labels):
    return train.take(np.flatnonzero(np.isin(train.y, labels)))


def test_decisions_are_those_of_scikit_learn(train):
    X = train.features.stack()
    scaler = StandardScaler().fit(X)
    reference = SVC(C=1.0, kernel="rbf", class_weight="balanced").fit(scaler.transform(X), train.y)
    predicted = fitted(SVM(), train).predict_proba(train.features).argmax(axis=1)
    assert np.array_equal(predicted, reference.decision_function(scaler.transform(X)).argmax(axis=1))


def test_probabilities_are_the_softmax_of_decisions(train):
    predictor = fitted(SVM(kernel="linear"), train)
    probabilities = predictor.predict_proba(train.features[:5])
    scores = predictor.pipeline.decision_function(train.features[:5].stack())
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert np.allclose(probabilities, expected)
    assert np.allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("labels", [(0, 2), (1, 2)])
def test_a_class_that_training_lacks_has_probability_0(labels):
    train = utterances(offset=0.0)
    probabilities = fitted(SVM(), kept(train, *labels)).predict_proba(train.features)
    (absent,) = {0, 1, 2} - {*labels}
    assert probabilities.shape == (len(train), 3)
    assert not probabilities[:, absent].any()
    known = np.isin(train.y, labels)
    assert (probabilities.argmax(axis=1)[known] == train.y[known]).mean() > 0.9


def test_one_class_alone_cannot_be_told_apart(train):
    with pytest.raises(ValueError, match="number of classes has to be greater than one"):
        fitted(SVM(), kept(train, 1))


def test_no_utterance_gives_no_row(train):
    assert fitted(SVM(), train).predict_proba(view()).shape == (0, 3)


def test_features_are_standardised_over_the_training_set(train):
    blown_up = train.features.map(lambda array: array * np.array([1e4, 1.0, 1e-4], dtype=np.float32))
    scaled = Utterances(blown_up, train.y, train.speaker, train.neutral, train.classes)
    one, other = (fitted(SVM(), t).predict_proba(t.features) for t in (train, scaled))
    assert np.allclose(one, other, atol=1e-4)


def test_rare_classes_weigh_more_unless_told_otherwise():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [90, 10])
    X = rng.normal(y[:, None] * 0.5, 1, (100, 2))
    train = Utterances(view(*X), y, np.full(100, "s"), y == 0, ("a", "b"))
    balanced, plain = (
        fitted(SVM(class_weight=weight), train).predict_proba(train.features).argmax(axis=1).sum()
        for weight in ("balanced", None)
    )
    assert balanced > plain


def test_parameters_reach_the_classifier():
    estimator = SVM(C=0.5, kernel="linear", gamma=0.1, class_weight=None).estimator(0)
    assert (estimator.C, estimator.kernel, estimator.gamma, estimator.class_weight) == (0.5, "linear", 0.1, None)


def test_the_cost_grows_with_the_training_set():
    short, long = (SVM().cost(np.ones(n), 88, 4, device="cpu", threads=1).seconds for n in (100, 10_000))
    assert 0 < short < long


def test_any_classifier_with_probabilities_is_an_adapter_too(train):
    class Neighbours(SklearnAdapter):
        name = "neighbours"

        def estimator(self, seed):
            from sklearn.neighbors import KNeighborsClassifier

            return KNeighborsClassifier(3)

    probabilities = fitted(Neighbours(), kept(train, 0, 2)).predict_proba(train.features)
    assert set(np.unique(probabilities.round(3))) <= {0.0, 0.333, 0.667, 1.0}
    assert not probabilities[:, 1].any()


def test_the_seed_reaches_classifiers_that_draw_random_numbers(train):
    seeds = []

    class Seeded(SVM):
        def estimator(self, seed):
            seeds.append(seed)
            return super().estimator(seed)

    Seeded().fit(train, [], context=context(seed=17))
    assert seeds == [17]
