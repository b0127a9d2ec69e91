from __future__ import annotations

import pytest
import torch

from sabench_plugins.neural.network import Network
from sabench_plugins.neural.sizes import Shape, matched


def millions(number):
    return round(number / 1e6, 1)


def test_full_width_has_the_sizes_of_the_literature():
    count = Shape(201, 5, conditioned=True).count()
    assert millions(count["blocks"]) == 11.6
    assert millions(count["projections"]) == 2.0
    assert millions(count["embedding blocks"]) == 9.0
    assert millions(count["frequency"]) == millions(count["embedding frequency"]) == 6.8


def test_a_two_second_sample_costs_about_170_gflop_forward_and_backward():
    assert 3 * Shape(201, 5).flops(200) / 1e9 == pytest.approx(170, abs=1)


@pytest.mark.parametrize("width", [1.0, 0.125, 0.1])
@pytest.mark.parametrize("kind", [{}, {"channels": 2}, {"conditioned": True}])
def test_counted_parameters_are_those_of_the_torch_network(width, kind):
    shape = Shape(201, 5, width=width, **kind)
    with torch.device("meta"):
        network = Network(shape)
    assert sum(parameter.numel() for parameter in network.parameters()) == shape.parameters


@pytest.mark.parametrize("width", [1.0, 0.125])
def test_a_matched_resnet_comes_within_two_percent_of_eresnet(width):
    target = Shape(201, 5, conditioned=True, width=width).parameters
    widened = matched(Shape(201, 5, width=width), target)
    assert Shape(201, 5, width=widened).parameters == pytest.approx(target, rel=0.02)
