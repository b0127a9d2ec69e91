from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from sabench_plugins.neural.fast import convolution
from sabench_plugins.neural.fast.convolution import Shortcut, add_pointwise, convolved, group_of, neighbours, pointwise


def layer(filters, channels, kernel, frames=16):
    torch.manual_seed(0)
    x = torch.randn(2, 9, frames, channels).permute(0, 3, 1, 2).requires_grad_()
    return x, torch.randn(filters, channels, *kernel, requires_grad=True), torch.randn(filters, requires_grad=True)


@pytest.mark.parametrize("group", [2, 4])
@pytest.mark.parametrize("kernel", [(4, 4), (3, 3), (4, 8)])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_neighbouring_frames_as_channels_change_neither_output_nor_gradients(group, kernel, channels):
    x, weight, bias = layer(3, channels, kernel)
    ordinary = convolved(x, weight, bias, 1, 1, grouped=False)
    grouped = neighbours(x, weight, bias, group)
    assert torch.allclose(grouped, ordinary, atol=1e-5)
    direction = torch.randn_like(ordinary)
    for got, expected in zip(
        torch.autograd.grad(grouped, (x, weight, bias), direction),
        torch.autograd.grad(ordinary, (x, weight, bias), direction),
        strict=True,
    ):
        assert torch.allclose(got, expected, atol=1e-4)


def test_the_output_stays_channels_last():
    x, weight, bias = layer(4, 4, (4, 4))
    assert neighbours(x, weight, bias, 2).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("filters", "frames", "group"), [(4, 16, 4), (4, 18, 2), (8, 16, 2), (8, 15, 1), (9, 16, 1)])
def test_frames_are_grouped_as_far_as_a_register_reaches(monkeypatch, filters, frames, group):
    monkeypatch.setattr(convolution, "lanes", lambda: 16)
    x, weight, _ = layer(filters, 3, (4, 4), frames)
    assert group_of(x, weight) == group
    assert group_of(x.contiguous(), weight) == 1


def test_an_even_kernel_is_padded_by_one_before_and_two_behind():
    x, weight, bias = layer(3, 2, (4, 4))
    assert torch.allclose(convolved(x, weight, bias, 2, 2), F.conv2d(F.pad(x, (1, 2, 1, 2)), weight, bias, 2))


@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("sides", [(12, 12), (9, 11), (1, 1)])
def test_a_shortcut_equals_a_strided_convolution_in_output_and_gradients(memory, stride, sides):
    torch.manual_seed(0)
    layer = Shortcut(3, 5, stride).to(memory_format=memory)
    x = torch.randn(2, 3, *sides).to(memory_format=memory).requires_grad_()
    out = layer(x)
    got = out, *torch.autograd.grad(out.square().sum(), (x, layer.weight))
    # In double precision, which oneDNN leaves to torch: its own strided convolution is the one that overruns.
    x, weight = (value.detach().double().contiguous().requires_grad_() for value in (x, layer.weight))
    out = F.conv2d(x, weight, stride=stride[::-1])
    expected = out, *torch.autograd.grad(out.square().sum(), (x, weight))
    for one, other in zip(got, expected, strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one.double(), other, rtol=1e-4, atol=1e-4)


def test_a_shortcut_keeps_the_memory_format():
    x = layer(4, 4, (1, 1))[0]
    assert Shortcut(4, 4, (2, 2))(x).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("channels", [1, 4])
def test_a_shortcut_added_as_a_product_of_rows_is_a_shortcut(stride, channels):
    torch.manual_seed(0)
    x = torch.randn(2, 9, 11, channels).permute(0, 3, 1, 2)
    weight = torch.randn(5, channels, 1, 1)
    expected = pointwise(x, weight, *stride)
    out = torch.ones(2, *expected.shape[2:], 5).permute(0, 3, 1, 2)
    add_pointwise(out, x, weight, *stride)
    assert torch.allclose(out, expected + 1, atol=1e-5)
