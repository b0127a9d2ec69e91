from __future__ import annotations

import pytest
import torch
from torch import nn

from sabench_plugins.neural.fast import normalisation
from sabench_plugins.neural.fast.normalisation import BatchNorm, rows


def both(channels):
    """Return torch's batch norm and ours, with weights that are not at their start."""
    torch.manual_seed(0)
    plain, fast = nn.BatchNorm2d(channels), BatchNorm(channels)
    with torch.no_grad():
        plain.weight.uniform_(0.5, 2)
        plain.bias.normal_()
    fast.load_state_dict(plain.state_dict())
    return plain, fast


def passed(norm, x, direction):
    """Return output and gradients of one step."""
    x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    out = norm(x)
    return out, *torch.autograd.grad(out, (x, norm.weight, norm.bias), direction)


@pytest.mark.parametrize("shape", [(4, 3, 9, 14), (2, 8, 5, 1), (1, 4, 1, 6), (16, 15, 3, 5)])
def test_it_equals_torch_in_output_gradients_and_statistics(shape, monkeypatch):
    plain, fast = both(shape[1])
    seen = []
    monkeypatch.setattr(normalisation, "rows", lambda x: seen.append(x) or rows(x))
    for _ in range(2):
        x, direction = (torch.randn(shape).to(memory_format=torch.channels_last) for _ in range(2))
        # Frames differ in level and spread, as the statistics of one frame must not stand for those of all.
        x = x * torch.linspace(1, 3, shape[3]) + torch.arange(shape[3])
        for one, other in zip(passed(fast, x, direction), passed(plain, x, direction), strict=True):
            assert one.shape == other.shape
            assert torch.allclose(one, other, rtol=1e-4, atol=2e-5)
    assert seen
    for one, other in zip(fast.buffers(), plain.buffers(), strict=True):
        assert torch.allclose(one, other, rtol=1e-5)


def test_bfloat16_is_as_near_to_float32_as_torch_is():
    plain, fast = both(4)
    x, direction = (torch.randn(8, 4, 20, 30).to(memory_format=torch.channels_last) for _ in range(2))
    exact = passed(plain, x, direction)
    ours, theirs = (passed(norm, x.bfloat16(), direction.bfloat16()) for norm in (fast, plain))
    assert [value.dtype for value in ours] == [value.dtype for value in theirs]
    for one, other, expected in zip(ours, theirs, exact, strict=True):
        assert (one - expected).abs().mean() <= 1.2 * (other - expected).abs().mean()


def test_the_output_stays_channels_last():
    x = torch.randn(2, 4, 5, 6).to(memory_format=torch.channels_last)
    assert both(4)[1](x).is_contiguous(memory_format=torch.channels_last)


def test_gradients_of_another_memory_format_are_right():
    plain, fast = both(4)
    x = torch.randn(2, 4, 5, 6).to(memory_format=torch.channels_last)
    direction = torch.randn(2, 4, 5, 6)
    for one, other in zip(passed(fast, x, direction), passed(plain, x, direction), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_in_other_memory_in_evaluation_and_for_many_channels_it_is_torch(monkeypatch):
    monkeypatch.setattr(normalisation, "rows", lambda x: pytest.fail("took rows"))
    plain, fast = both(4)
    x = torch.randn(2, 4, 5, 6)
    assert torch.equal(fast(x), plain(x))
    last = x.to(memory_format=torch.channels_last)
    assert torch.equal(fast.eval()(last), plain.eval()(last))
    plain, fast = both(16)
    last = torch.randn(2, 16, 5, 6).to(memory_format=torch.channels_last)
    assert torch.equal(fast(last), plain(last))
