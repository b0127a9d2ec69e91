"""SGD, Adam and AdamW by torch's own functions.

`torch.optim.SGD` and its kin import the whole compiler when they are made, which costs more than a second
before the first step; the functions behind them do not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from sabench_plugins.neural.recipe import Recipe
from sabench_plugins.weights import Arrays, array_of

BETAS = (0.9, 0.999)
"""How fast the averages of `adam` and `adamw` forget; torch's defaults. [guess]"""


class Optimiser:
    """Steps all parameters of a network.

    Attributes:
        buffers: what it remembers of each parameter, by name, in the parameter's memory layout.
    """

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        self.parameters = list(network.parameters())
        self.recipe = recipe
        remembered = {"sgd": ["momentum"] if recipe.momentum else []}.get(recipe.optimiser, ["mean", "square"])
        self.buffers = {name: [torch.zeros_like(value) for value in self.parameters] for name in remembered}
        self.steps = 0

    def clear(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the parameters along their gradients."""
        stepped = [number for number, parameter in enumerate(self.parameters) if parameter.grad is not None]
        values: list[Tensor] = [self.parameters[number] for number in stepped]
        gradients = [value.grad for value in values if value.grad is not None]
        buffers = {name: [tensors[number] for number in stepped] for name, tensors in self.buffers.items()}
        if self.recipe.optimiser == "sgd":
            self._sgd(values, gradients, buffers, rate)
        else:
            self._adam(values, gradients, buffers, rate)
        self.steps += 1

    def _sgd(
        self, values: list[Tensor], gradients: list[Tensor], buffers: dict[str, list[Tensor]], rate: float
    ) -> None:
        none: list[Tensor | None] = [None] * len(values)
        momentum: list[Tensor | None] = [*buffers["momentum"]] if "momentum" in buffers else none
        sgd(
            values,
            gradients,
            momentum,
            foreach=True,
            lr=rate,
            momentum=self.recipe.momentum,
            weight_decay=self.recipe.weight_decay,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )

    def _adam(
        self, values: list[Tensor], gradients: list[Tensor], buffers: dict[str, list[Tensor]], rate: float
    ) -> None:
        (adam if self.recipe.optimiser == "adam" else adamw)(
            values,
            gradients,
            buffers["mean"],
            buffers["square"],
            [],
            [torch.tensor(float(self.steps)) for _ in values],
            foreach=True,
            lr=rate,
            beta1=BETAS[0],
            beta2=BETAS[1],
            weight_decay=self.recipe.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    def arrays(self) -> Arrays:
        """Return a copy of all buffers."""
        return {
            f"{name}.{number}": array_of(tensor)
            for name, tensors in self.buffers.items()
            for number, tensor in enumerate(tensors)
        }

    def restore(self, arrays: Mapping[str, np.ndarray], steps: int) -> None:
        """Take up the buffers that `arrays` gave after so many steps."""
        self.steps = steps
        for name, tensors in self.buffers.items():
            for number, tensor in enumerate(tensors):
                tensor.copy_(torch.from_numpy(np.array(arrays[f"{name}.{number}"])))
