import numpy as np
import pytest
from made_predictions import CLASSES, drawn
from sklearn.metrics import balanced_accuracy_score

from sabench.errors import ResultsError
from sabench.interfaces.records import Predictions
from sabench.stats.metrics import scores
from sabench.stats.sample import common, sample


@pytest.mark.parametrize("one_fold", [False, True])
@pytest.mark.parametrize("kind", ["mean", "pooled"])
def test_shares_of_speakers_sum_to_the_score(kind, one_fold):
    run = drawn(one_fold=one_fold)
    expected = scores(run)
    value = sample([run], pooled=kind == "pooled").value
    assert value == pytest.approx(expected.uar_mean if kind == "mean" else expected.uar_pooled)


def test_a_sample_of_several_seeds_is_their_mean():
    runs = [drawn(seed=seed) for seed in range(3)]
    mean = sample(runs, pooled=True)
    each = [balanced_accuracy_score(run.truth, run.predicted) for run in runs]
    assert mean.seed_values == pytest.approx(each)
    assert mean.value == pytest.approx(np.mean(each))


def test_seeds_that_agree_in_everything_show_a_method_without_chance():
    assert not sample([drawn(), drawn()], pooled=True, stochastic=True).stochastic
    assert sample([drawn(), drawn(seed=1)], pooled=True, stochastic=False).stochastic


def test_a_model_is_shared_where_a_fold_has_several_speakers():
    assert sample([drawn(one_fold=True)], pooled=True).shared
    assert sample([drawn(one_fold=True)], pooled=False).shared
    assert not sample([drawn()], pooled=True).shared


def test_common_keeps_the_utterances_that_all_scored_in_one_order():
    whole = drawn(n_speakers=3)
    keep = np.flatnonzero(whole.speaker != "s01")[::-1]
    part = Predictions(
        tuple(whole.ids[i] for i in keep),
        whole.speaker[keep],
        whole.truth[keep],
        whole.probabilities[keep],
        whole.fold[keep],
        CLASSES,
    )
    first, second = common([whole, part])
    assert first.ids == second.ids
    assert set(first.speaker) == {"s00", "s02"}
    assert (first.predicted == second.predicted).all()


def test_runs_without_a_common_utterance_are_refused():
    one, two = drawn(), drawn()
    other = Predictions(tuple(f"x{i}" for i in one.ids), two.speaker, two.truth, two.probabilities, two.fold, CLASSES)
    with pytest.raises(ResultsError, match="no scored utterance in common"):
        common([one, other])


def test_runs_with_other_classes_are_refused():
    one = drawn()
    other = Predictions(one.ids, one.speaker, one.truth, one.probabilities, one.fold, ("x", "y", "z"))
    with pytest.raises(ResultsError, match="disagree about their classes: angry, happy, sad / x, y, z"):
        common([one, other])
