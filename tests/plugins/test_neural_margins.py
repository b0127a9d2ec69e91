from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from sabench_plugins.neural.fast.margins import framed, rectified


@pytest.mark.parametrize("sides", [(1, 2, 1, 2), (0, 3, 0, 0), (0, 0, 2, 0), (0, 0, 0, 0)])
@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
def test_margins_are_those_of_torch_and_channels_last(sides, memory, monkeypatch):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5).to(memory_format=memory)
    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *given, **more: empty(*given, **more).fill_(torch.nan))
    for got, expected in ((framed(x, sides), F.pad(x, sides)), (rectified(x, sides), F.pad(x.relu(), sides))):
        assert torch.equal(got, expected)
        assert got.is_contiguous(memory_format=torch.channels_last)
