from __future__ import annotations

import numpy as np
import pytest
import torch

from sabench import ParameterError, uar
from sabench_plugins.neural.recipe import PAPER, Recipe
from sabench_plugins.neural.scores import class_weights, negative_log_likelihood, weighted_loss


def test_the_paper_preset_is_the_default():
    recipe = Recipe()
    assert {name: getattr(recipe, name) for name in PAPER} == PAPER


def test_useless_values_are_refused_together():
    with pytest.raises(ParameterError, match=r"width=0 .*batch_size=-1 .*momentum=-0.5 .*warmup=1 "):
        Recipe(width=0, batch_size=-1, momentum=-0.5, warmup=1)


def test_the_one_cycle_rate_rises_to_its_peak_and_falls_to_nothing():
    recipe = Recipe(schedule="onecycle", learning_rate=0.1, warmup=0.3)
    rates = [recipe.rate_at(step, 100) for step in range(100)]
    assert max(rates) == rates[30] == pytest.approx(0.1)
    assert rates[0] == pytest.approx(0.004)
    assert np.all(np.diff(rates[:31]) > 0)
    assert np.all(np.diff(rates[30:]) < 0)
    assert rates[-1] < 1e-4


def test_the_cosine_rate_only_falls():
    recipe = Recipe(schedule="cosine", learning_rate=0.1)
    assert [round(recipe.rate_at(step, 4), 4) for step in range(4)] == [0.1, 0.0854, 0.05, 0.0146]


def test_inverse_weights_give_each_class_the_same_say():
    y = np.array([0, 0, 0, 1, 2, 2])
    weights = class_weights(y, 4, "inverse")
    assert (np.bincount(y, minlength=4) * weights).tolist() == [6, 6, 6, 0]


def test_the_summed_loss_is_the_batch_times_its_weights_larger_than_the_mean():
    logits, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    weights = torch.tensor([1.0, 2.0, 3.0])
    total, mean = (weighted_loss(logits, y, weights, how) for how in ("sum", "mean"))
    assert float(total) == pytest.approx(7 * float(mean), rel=1e-5)


def test_uar_is_the_mean_recall_over_the_classes_there_are():
    assert uar(np.array([0, 0, 2]), np.array([0, 1, 2])) == pytest.approx(0.75)


def test_the_validation_loss_weighs_classes():
    probabilities = np.array([[0.5, 0.5], [0.1, 0.9]])
    loss = negative_log_likelihood(np.array([0, 1]), probabilities, np.array([1.0, 3.0]))
    assert loss == pytest.approx(-(np.log(0.5) + 3 * np.log(0.9)) / 4)
    assert negative_log_likelihood(np.array([1]), probabilities[:1], np.array([1.0, 0.0])) == 0
