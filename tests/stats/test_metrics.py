import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score

from sabench.interfaces.records import Predictions
from sabench.stats import metrics


def drawn(n=200, n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, n_classes, n), rng.integers(0, n_classes, n)


def predictions(truth, predicted, speaker, fold=None, n_classes=2):
    return Predictions(
        ids=tuple(f"u{i}" for i in range(len(truth))),
        speaker=np.array(speaker),
        truth=np.array(truth),
        probabilities=np.eye(n_classes)[predicted],
        fold=np.array(speaker if fold is None else fold),
        classes=tuple("abcdefg"[:n_classes]),
    )


def test_uar_is_the_balanced_accuracy_of_scikit_learn():
    truth, predicted = drawn()
    assert metrics.uar(truth, predicted) == pytest.approx(balanced_accuracy_score(truth, predicted), abs=1e-12)


def test_confusion_is_that_of_scikit_learn():
    truth, predicted = drawn()
    assert (metrics.confusion(truth, predicted, 5) == confusion_matrix(truth, predicted, labels=range(5))).all()


def test_recall_per_class_is_that_of_scikit_learn():
    truth, predicted = drawn()
    expected = recall_score(truth, predicted, average=None)
    assert metrics.recall_per_class(truth, predicted) == pytest.approx(expected, abs=1e-12)


def test_uar_averages_over_the_classes_present_in_the_truth_only():
    assert metrics.uar([0, 0, 1], [0, 2, 1], 3) == pytest.approx((0.5 + 1) / 2)


def test_recall_of_an_absent_class_is_nan():
    assert np.isnan(metrics.recall_per_class([0], [1], 2)[1])


def test_uar_of_nothing_is_nan():
    assert np.isnan(metrics.uar([], []))


def test_mean_recall_takes_many_matrices_at_once():
    stack = np.array([[[1, 1], [0, 1]], [[2, 0], [0, 0]], [[0, 0], [0, 0]]])
    assert metrics.mean_recall(stack) == pytest.approx([0.75, 1.0, np.nan], nan_ok=True)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"Truth has shape \(2,\) and prediction \(1,\)"):
        metrics.uar([0, 1], [0])


def test_an_index_outside_the_classes_is_refused():
    with pytest.raises(ValueError, match="run from 0 to 3; expected 0 to 1"):
        metrics.confusion([0, 3], [0, 1], 2)


@pytest.mark.parametrize(("values", "expected"), [([1, 1, 1], 0.0), ([0, 0, 1], 2 / 3), ([1, 2, 3], 2 / 9)])
def test_gini_has_the_values_computed_by_hand(values, expected):
    assert metrics.gini(values) == pytest.approx(expected)


def test_gini_of_zeros_is_zero_and_of_nothing_nan():
    assert metrics.gini([0, 0]) == 0
    assert np.isnan(metrics.gini([]))


def test_scores_tell_mean_of_folds_and_pooled_uar_apart():
    found = metrics.scores(predictions([0, 1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1], ["a", "a", "b", "b", "b", "b"]))
    assert found.uar_mean == pytest.approx((0.5 + 1.0) / 2)
    assert found.uar_pooled == pytest.approx((1.0 + 0.5) / 2)
    assert found.uar_per_fold == {"a": 0.5, "b": 1.0}
    assert (found.n_scored, found.n_folds, found.n_speakers) == (6, 2, 2)


def test_the_mean_over_folds_weighs_every_fold_alike():
    assert metrics.uar_mean([0, 0, 0, 1], [0, 0, 0, 0], ["x", "x", "x", "y"]) == 0.5


@pytest.mark.parametrize(
    ("values", "aversion", "expected"),
    [
        ([0.3, 0.7], 0, 0.5),
        ([0.4, 0.9], 1, 0.6),  # the geometric mean
        ([0.3, 0.6], 2, 0.4),  # the harmonic mean
        ([0.25, 1.0], 0.5, 0.5625),  # the squared mean of square roots
        ([0.2, 0.2, 0.2], 7, 0.2),
        ([0.0, 0.9], 1, 0.0),
        ([0.0, 0.9], 2, 0.0),
    ],
)
def test_isoelastic_welfare_has_the_values_computed_by_hand(values, aversion, expected):
    assert metrics.iswf(values, aversion) == pytest.approx(expected)


def test_isoelastic_welfare_falls_with_aversion_towards_the_worst_value():
    found = [metrics.iswf([0.3, 0.5, 0.9], aversion) for aversion in (0, 1, 2, 10, 30)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0.3, abs=0.02)
    assert np.isnan(metrics.iswf([]))


def test_worst_speaker_and_fairness_look_at_speakers_who_have_all_classes():
    found = metrics.scores(predictions([0, 1, 0, 1, 0], [0, 1, 0, 0, 1], ["a", "a", "b", "b", "c"]))
    assert found.worst_speaker == ("b", 0.5)
    assert found.gini == pytest.approx(metrics.gini([1.0, 0.5]))
    assert found.iswf == pytest.approx(metrics.iswf([1.0, 0.5]))
    assert found.uar_per_speaker["c"] == 0.0


def test_worst_speaker_is_of_all_where_nobody_has_all_classes():
    found = metrics.scores(predictions([0, 1], [0, 0], ["a", "b"]))
    assert found.worst_speaker == ("b", 0.0)
    assert np.isnan(found.gini)
    assert np.isnan(found.iswf)


def test_gender_gap_is_female_minus_male_and_none_where_unknown():
    made = predictions([0, 0, 0, 0], [0, 0, 0, 1], ["f", "f", "m", "m"])
    assert metrics.scores(made, {"f": "female", "m": "male"}).gender_gap == pytest.approx(0.5)
    assert metrics.scores(made, {"f": "female", "m": None}).gender_gap is None
    assert metrics.scores(made).gender_gap is None


def test_an_utterance_given_twice_counts_twice():
    found = metrics.scores(predictions([0, 0, 0, 1], [0, 0, 1, 1], ["a"] * 4))
    assert found.confusion.tolist() == [[2, 1], [0, 1]]


def test_scores_of_no_predictions_are_nan():
    empty = Predictions((), np.array([], str), np.array([], int), np.zeros((0, 2)), np.array([], str), ("a", "b"))
    found = metrics.scores(empty)
    assert np.isnan([found.uar_mean, found.uar_pooled, found.worst_speaker[1]]).all()
    assert found.n_folds == 0


def test_metrics_imports_no_scikit_learn_and_no_pandas():
    code = "import sys, sabench.stats.metrics; print({'sklearn', 'scipy', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
