from __future__ import annotations

import numpy as np
import pytest
import torch

from sabench_plugins.neural.fast.folded import FoldedNetwork
from sabench_plugins.neural.network import Network
from sabench_plugins.neural.sizes import Shape

BINS = 21
LENGTHS = (1, 7, 30, 33, 58)
KINDS = [{}, {"channels": 2}, {"conditioned": True}]


@pytest.fixture
def networks():
    """Make networks whose batch norms and projections have been used, so that nothing is at its start."""

    def make(kind, *, used=True):
        torch.manual_seed(0)
        network = Network(Shape(BINS, 3, width=1 / 16, **kind))
        if used:
            for _ in range(3):
                x = torch.randn(4, 1, BINS, 24)
                network(x, torch.randn(4, 1, BINS, 24) if kind else None)
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.add_(0.05 * torch.randn_like(parameter))
        return network.eval()

    return make


def batch():
    torch.manual_seed(1)
    lone = [torch.randn(1, 1, BINS, length) for length in LENGTHS]
    padded = torch.zeros(len(lone), 1, BINS, max(LENGTHS))
    for row, x in zip(padded, lone, strict=True):
        row[..., : x.shape[3]] = x[0]
    return lone, padded


@pytest.mark.parametrize("kind", [{}, {"conditioned": True}])
def test_a_padded_batch_equals_its_utterances_one_by_one(networks, kind):
    network, (lone, padded) = networks(kind), batch()
    folded, neutral = FoldedNetwork(network), torch.randn(1, 1, BINS, 40)
    with torch.no_grad():
        embedding = folded.embed(neutral, np.array([40]))[0] if kind else None
        together = folded.probabilities(padded, folded.main.biases(embedding), np.array(LENGTHS))
        apart = [torch.softmax(network(x, neutral if kind else None), dim=1) for x in lone]
    assert torch.allclose(together, torch.cat(apart), atol=1e-5)


def test_padding_taken_for_speech_would_show(networks):
    network, (lone, padded) = networks({}), batch()
    with torch.no_grad():
        assert not torch.allclose(network(padded)[:1], network(lone[0]), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(networks, kind):
    network = networks(kind).train()
    neutral = torch.randn(4, 1, BINS, 20) if kind else None
    network(torch.randn(4, 1, BINS, 20), neutral).square().sum().backward()
    still = [name for name, parameter in network.named_parameters() if not parameter.grad.abs().max() > 0]
    assert still == []


def test_after_one_step_the_embedding_network_wakes_up(networks):
    # Zero projections pass no gradient to the embedding at first; the first step moves the projections.
    network = networks({"conditioned": True}, used=False).train()
    x, neutral = torch.randn(4, 1, BINS, 20), torch.randn(4, 1, BINS, 20)
    seen = []
    for _ in range(2):
        network.zero_grad()
        network(x, neutral)[:, 0].sum().backward()
        seen.append(float(network.embedding.weight.grad.abs().max()))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.sub_(parameter.grad, alpha=0.1)
    assert seen[0] == 0
    assert seen[1] > 0


def test_zero_projections_make_eresnet_its_unconditioned_network_at_the_start(networks):
    conditioned = networks({"conditioned": True}, used=False)
    plain = Network(Shape(BINS, 3, width=1 / 16)).eval()
    plain.load_state_dict({name: conditioned.state_dict()[name] for name in plain.state_dict()})
    x = torch.randn(2, 1, BINS, 30)
    with torch.no_grad():
        assert torch.equal(conditioned(x, torch.randn(2, 1, BINS, 25)), plain(x))


@pytest.mark.parametrize("kind", KINDS)
def test_folding_changes_nothing(networks, kind):
    network = networks(kind)
    folded = FoldedNetwork(network)
    x, neutral = torch.randn(2, 1, BINS, 30), torch.randn(1, 1, BINS, 30)
    lengths = np.array([30, 30])
    with torch.no_grad():
        expected = torch.softmax(network(x, neutral.expand(2, 1, BINS, 30) if kind else None), dim=1)
        embedding = folded.embed(neutral, np.array([30]))[0] if network.embedder is not None else None
        seen = torch.cat((x, neutral.expand(2, 1, BINS, 30)), dim=1) if "channels" in kind else x
        got = folded.probabilities(seen, folded.main.biases(embedding), lengths)
    assert torch.allclose(got, expected, atol=1e-5)


def test_a_folded_network_without_sub_network_embeds_nothing(networks):
    with pytest.raises(ValueError, match="no embedding sub-network"):
        FoldedNetwork(networks({})).embed(torch.randn(1, 1, BINS, 9), np.array([9]))
