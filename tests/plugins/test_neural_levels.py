from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from fit_context import context

from sabench import Enrolment, FeatureView, Memory
from sabench_plugins.adapters.eresnet import EResnet
from sabench_plugins.adapters.resnet import Resnet
from sabench_plugins.neural.crops import Crops, draw
from sabench_plugins.neural.engine import Beside, Training
from sabench_plugins.neural.levels import level_of, levels_of
from sabench_plugins.neural.network import Network, mean_over_time
from tests.plugins.neural_speech import utterances

TINY = {**Resnet.check_parameters, "precision": "float32"}
CPU = torch.device("cpu")


def view(*arrays) -> FeatureView:
    return FeatureView(Memory([np.asarray(array, dtype=np.float32) for array in arrays]))


def test_a_level_is_the_mean_over_frames_and_then_over_utterances():
    assert level_of(view([[0.0], [2.0]], [[5.0], [5.0], [5.0]])).tolist() == [3.0]


def test_levels_end_with_their_mean_which_stands_in_for_nobody():
    levels = levels_of(view([[1.0]], [[2.0]], [[4.0]]), np.array([True, False, True]))
    assert levels.ravel().tolist() == [1.0, 0.0, 4.0, 2.5]


def batch_of(beside: Beside | None, **recipe):
    train = utterances()
    adapter = EResnet(**{**TINY, **recipe})
    network = Network(adapter.shape(train.features.width, 3))
    training = Training(network, train, adapter, context(), validate=None, beside=beside)
    crops = Crops(train.features, adapter, CPU)
    part = draw(train, adapter.crop_frames, np.random.default_rng(0), neutral=True)
    return train, part, training._batch(crops, part), crops


def test_the_level_of_the_companion_is_taken_off_the_utterance_alone():
    train, part, batch, crops = batch_of(Beside(subtracted=True))
    level = level_of(train.features.take([int(part.neutral[0])]))
    expected = crops(part.rows, part.starts)[0, 0] - torch.from_numpy(level)[:, None]
    assert torch.allclose(batch.x[0, 0], expected, atol=1e-5)
    assert torch.equal(batch.neutral, crops(part.neutral, part.neutral_starts))


def test_short_crops_tell_how_long_they_are_unless_what_fills_them_counts():
    longest = float(utterances().features.lengths.max())
    train, part, batch, _ = batch_of(Beside(), crop_s=longest / 100)
    assert batch.lengths.tolist() == train.features.lengths[part.rows].tolist()
    assert batch.neutral_lengths.tolist() == train.features.lengths[part.neutral].tolist()
    *_, padded, _ = batch_of(Beside(), crop_s=longest / 100, short_crops="padded")
    assert padded.lengths is None
    assert padded.neutral_lengths is None


def test_a_neutral_utterance_that_is_repeated_at_test_is_repeated_in_training():
    longest = float(utterances().features.lengths.max())
    train, part, batch, _ = batch_of(Beside(repeated=True), crop_s=2 * longest / 100)
    length = int(train.features.lengths[part.neutral[0]])
    assert torch.equal(batch.neutral[0, 0, :, :3], batch.neutral[0, 0, :, length : length + 3])
    assert batch.neutral_lengths is None


def test_the_mean_over_time_leaves_out_what_fills_up():
    x = torch.arange(8.0).reshape(2, 1, 1, 4)
    assert mean_over_time(x, torch.tensor([2, 4])).ravel().tolist() == [0.5, 5.5]
    assert torch.equal(mean_over_time(x, None), mean_over_time(x, torch.tensor([4, 4])))


def test_a_network_on_differences_does_not_see_how_loud_a_speaker_speaks():
    train = utterances()
    adapter = EResnet(**TINY, subtract=True)
    adapter.fit(train, [], context=context())
    rows = train.neutral_rows_of[str(train.speaker[0])][:1]
    louder = train.features.map(lambda array: array + np.float32(1.5))
    # The embedding sees the neutral utterance itself; the same one stands beside both.
    predictor = adapter.enrol(Enrolment(neutral=train.features.take(rows)))
    shifted = replace(predictor, level=level_of(louder.take(rows)))
    assert predictor.predict_proba(train.features) == pytest.approx(shifted.predict_proba(louder), abs=1e-4)


def test_trained_beside_other_speakers_it_draws_from_other_speakers():
    train, _, _, _ = batch_of(None)
    part = draw(train, 20, np.random.default_rng(0), neutral=True, whose="other-speaker")
    assert (train.speaker[part.neutral] != train.speaker[part.rows]).all()


@pytest.mark.parametrize("stride", [1, 2])
def test_a_stride_of_the_first_block_leaves_a_quarter_of_the_arithmetic(stride):
    shape = replace(Resnet(**TINY).shape(64, 4), stride=stride)
    network = Network(shape)
    assert shape.parameters == sum(weights.numel() for weights in network.parameters())
    ratio = shape.flops(200) / replace(shape, stride=1).flops(200)
    assert ratio == pytest.approx(1 / stride**2, rel=0.1)
    x = torch.randn(2, 1, 64, 50)
    assert network.eval()(x).shape == (2, 4)
