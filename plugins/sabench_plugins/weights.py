"""A network's weights as named arrays and back, bit for bit and in the memory layout they had."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

Arrays = dict[str, np.ndarray]


def weights_of(network: nn.Module) -> Arrays:
    """Return a copy of all parameters and running statistics."""
    return {name: array_of(value) for name, value in network.state_dict().items()}


def set_weights(network: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Copy arrays into a network, keeping its memory layout."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            value.copy_(torch.from_numpy(np.array(arrays[name])))


def named(prefix: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """Return arrays under a prefix."""
    return {f"{prefix}.{name}": value for name, value in arrays.items()}


def under(prefix: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """Return what `named` put under a prefix."""
    return {name.removeprefix(f"{prefix}."): value for name, value in arrays.items() if name.startswith(f"{prefix}.")}


def array_of(value: Tensor) -> np.ndarray:
    """Return a copy of a tensor as an array."""
    return value.detach().cpu().contiguous().numpy().copy()
