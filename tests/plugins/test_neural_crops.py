from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from sabench import AccessError, FeatureView, Memory
from sabench_plugins.neural.crops import (
    NOBODY,
    Crops,
    ResidentCrops,
    check_companions,
    draw,
    fill,
    frames_there,
    prefetched,
)
from sabench_plugins.neural.recipe import SILENCE, Recipe
from tests.plugins.neural_speech import utterances

CPU = torch.device("cpu")


def test_a_crop_is_a_piece_of_its_utterance():
    features = FeatureView(Memory([np.arange(60, dtype=np.float32).reshape(30, 2)]))
    out = np.zeros((10, 2), dtype=np.float32)
    fill(out, features, 0, 7)
    assert out[:, 0].tolist() == list(range(14, 34, 2))


def test_a_short_utterance_is_followed_by_silence():
    out = np.zeros((4, 2), dtype=np.float32)
    fill(out, FeatureView(Memory([np.ones((3, 2), dtype=np.float32)])), 0, 0)
    assert out[:, 0].tolist() == pytest.approx([1, 1, 1, SILENCE])


def test_silence_goes_through_the_normaliser_of_the_utterance():
    features = FeatureView(Memory([np.ones((3, 2), dtype=np.float32)])).map(lambda array: array * 2)
    out = np.zeros((4, 2), dtype=np.float32)
    fill(out, features, 0, 0)
    assert out[:, 0].tolist() == pytest.approx([2, 2, 2, 2 * SILENCE])


def test_a_short_utterance_can_be_repeated_instead():
    out = np.zeros((7, 2), dtype=np.float32)
    array = np.arange(6, dtype=np.float32).reshape(3, 2)
    fill(out, FeatureView(Memory([array])), 0, 0, "repeat")
    assert out.tolist() == [array[i % 3].tolist() for i in range(7)]


def test_an_utterance_without_frames_is_all_silence():
    out = np.zeros((2, 2), dtype=np.float32)
    fill(out, FeatureView(Memory([np.zeros((0, 2), dtype=np.float32)])), 0, 0, "repeat")
    assert out.ravel().tolist() == pytest.approx([SILENCE] * 4)


def test_crops_on_the_device_equal_crops_from_the_store():
    train = utterances()
    recipe = Recipe(crop_s=0.3)
    draws = draw(train, recipe.crop_frames, np.random.default_rng(3), neutral=True, allow_self=False)
    neutral = np.where(np.arange(len(train)) % 5 == 0, NOBODY, draws.neutral)
    starts = np.where(neutral == NOBODY, 0, draws.neutral_starts)
    stores = [kind(train.features, recipe, CPU) for kind in (Crops, ResidentCrops)]
    assert torch.equal(stores[0](draws.rows, draws.starts), stores[1](draws.rows, draws.starts))
    assert torch.equal(stores[0](neutral, starts), stores[1](neutral, starts))
    assert not stores[0](neutral, starts)[neutral == NOBODY].any()


def test_a_crop_can_be_filled_up_with_the_utterance_whatever_the_recipe_says():
    train = utterances()
    recipe = Recipe(crop_s=float(train.features.lengths.max() + 10) / 100)
    rows = np.array([0, NOBODY, 3])
    one, other = (
        kind(train.features, recipe, CPU)(rows, np.zeros(3, int), repeat=True) for kind in (Crops, ResidentCrops)
    )
    assert torch.equal(one, other)
    length = int(train.features.lengths[0])
    assert torch.equal(one[0, :, :, length : length + 5], one[0, :, :, :5])


def test_how_many_frames_of_a_crop_are_the_utterances_own():
    features = FeatureView(Memory([np.ones((n, 2), dtype=np.float32) for n in (3, 9, 5)]))
    assert frames_there(features, np.array([0, 1, NOBODY]), 5).tolist() == [3, 5, 5]
    assert frames_there(features, np.array([1, 2, NOBODY]), 5) is None


def test_every_utterance_is_seen_once_an_epoch_in_another_order_each_time():
    train = utterances()
    first, second = (
        draw(train, 30, np.random.default_rng((0, epoch)), neutral=False, allow_self=False) for epoch in (1, 2)
    )
    assert sorted(first.rows) == sorted(second.rows) == list(range(len(train)))
    assert first.rows.tolist() != second.rows.tolist()


def test_a_companion_is_a_neutral_utterance_of_the_same_speaker_and_never_itself():
    train = utterances()
    seen = set()
    for epoch in range(5):
        draws = draw(train, 30, np.random.default_rng(epoch), neutral=True, allow_self=False)
        assert train.neutral[draws.neutral].all()
        assert (train.speaker[draws.neutral] == train.speaker[draws.rows]).all()
        assert (draws.neutral != draws.rows).all()
        seen.add(int(draws.neutral[draws.rows == 1][0]))
    assert len(seen) > 1


def test_a_companion_may_be_the_utterance_itself_where_that_is_allowed():
    train = utterances(n=9)  # three speakers with one neutral utterance each
    draws = draw(train, 30, np.random.default_rng(0), neutral=True, allow_self=True)
    assert (draws.neutral[train.neutral[draws.rows]] == draws.rows[train.neutral[draws.rows]]).all()


def test_nobody_stands_in_where_a_speaker_has_no_other_neutral_utterance(caplog):
    train = utterances(n=9)
    draws = draw(train, 30, np.random.default_rng(0), neutral=True, allow_self=False)
    assert ((draws.neutral == NOBODY) == train.neutral[draws.rows]).all()
    with caplog.at_level(logging.WARNING):
        check_companions(train, allow_self=False)
    assert "3 of 9 training utterances have no other neutral one" in caplog.text


def test_a_training_set_without_neutral_utterances_is_refused():
    train = utterances().take([1, 2, 4, 5])
    with pytest.raises(AccessError, match="None of the 4 training utterances is marked neutral"):
        check_companions(train, allow_self=False)


def test_batches_have_near_equal_sizes():
    draws = draw(utterances(n=33), 30, np.random.default_rng(0), neutral=False, allow_self=False)
    assert [len(batch.rows) for batch in draws.batches(16)] == [11, 11, 11]


def test_prefetching_keeps_the_order_and_passes_errors_on():
    assert list(prefetched(lambda item: item * 2, [1, 2, 3])) == [2, 4, 6]
    with pytest.raises(ZeroDivisionError):
        list(prefetched(lambda item: 1 // item, [1, 0, 2]))
