"""Optimiser and network as named arrays and back, bit for bit and in the memory layout they had."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from sabench_plugins.neural.recipe import Recipe

Arrays = dict[str, np.ndarray]


def optimiser_for(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimiser over all parameters."""
    parameters = list(network.parameters())
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=recipe.momentum, weight_decay=decay, foreach=True)
    kind = torch.optim.Adam if recipe.optimiser == "adam" else torch.optim.AdamW
    return kind(parameters, lr=rate, weight_decay=decay, foreach=True)


def weights_of(network: nn.Module) -> Arrays:
    """Return a copy of all parameters and running statistics."""
    return {name: _array(value) for name, value in network.state_dict().items()}


def set_weights(network: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Copy arrays into a network, keeping its memory layout."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            value.copy_(torch.from_numpy(np.array(arrays[name])))


def buffers_of(optimiser: torch.optim.Optimizer) -> Arrays:
    """Return the optimiser's state; entries are named by the position of their parameter."""
    state = optimiser.state_dict()["state"]
    return {
        f"{position}.{name}": _array(value)
        for position, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def set_buffers(optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """Give an optimiser back its state; buffers get the memory layout of their parameter."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for key, array in arrays.items():
        position, name = key.split(".", 1)
        parameter, value = parameters[int(position)], torch.from_numpy(np.array(array))
        if value.shape == parameter.shape:
            value = torch.empty_like(parameter, requires_grad=False).copy_(value)
        optimiser.state[parameter][name] = value


def named(prefix: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """Return arrays under a prefix."""
    return {f"{prefix}.{name}": value for name, value in arrays.items()}


def under(prefix: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    """Return what `named` put under a prefix."""
    return {name.removeprefix(f"{prefix}."): value for name, value in arrays.items() if name.startswith(f"{prefix}.")}


def _array(value: Tensor) -> np.ndarray:
    return value.detach().cpu().contiguous().numpy().copy()
