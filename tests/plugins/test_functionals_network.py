from __future__ import annotations

from typing import get_args

import pytest
import torch

from sabench_plugins.functionals.network import Conditioning, Perceptron

X, NEUTRAL = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([[1.0, -2.0, 0.5]])


def made(conditioning: str) -> Perceptron:
    torch.manual_seed(0)
    network = Perceptron(3, 4, 2, 0.3, conditioning).eval()
    network.standardise_by(X)
    return network


def plain_of(network: Perceptron, x: torch.Tensor) -> torch.Tensor:
    """The two hidden layers and the output, written out."""
    hidden = (network.second(network.first(x).relu())).relu()
    return network.emotion(hidden)


def standardised(x: torch.Tensor) -> torch.Tensor:
    return (x - X.mean(0)) / X.std(0, correction=0)


@pytest.mark.parametrize("conditioning", ["none", "film", "layers"])
def test_before_training_it_is_the_plain_network(conditioning):
    network = made(conditioning)
    assert torch.allclose(network(X, NEUTRAL), plain_of(network, standardised(X)), atol=1e-6)


@pytest.mark.parametrize("conditioning", ["difference", "film-difference"])
def test_before_training_it_is_the_network_on_the_difference(conditioning):
    network = made(conditioning)
    expected = plain_of(network, standardised(X) - standardised(NEUTRAL))
    assert torch.allclose(network(X, NEUTRAL), expected, atol=1e-6)


def test_modulation_scales_and_shifts():
    network = made("film-difference")
    torch.nn.init.normal_(network.modulation[2].weight)
    factor, offset = network.modulation(standardised(NEUTRAL)).chunk(2, dim=-1)
    expected = plain_of(network, (1 + factor) * (standardised(X) - standardised(NEUTRAL)) + offset)
    assert torch.allclose(network(X, NEUTRAL), expected, atol=1e-6)


def test_side_by_side():
    network = made("concatenation")
    both = torch.cat((standardised(X), standardised(NEUTRAL).expand(5, 3)), dim=1)
    assert torch.allclose(network(X, NEUTRAL), plain_of(network, both), atol=1e-6)


@pytest.mark.parametrize("conditioning", [c for c in get_args(Conditioning) if c != "none"])
def test_neutral_speech_reaches_the_output_once_it_is_learnt(conditioning):
    network = made(conditioning)
    for weights in network.parameters():
        torch.nn.init.normal_(weights)
    assert not torch.allclose(network(X, NEUTRAL), network(X, NEUTRAL + 1))
