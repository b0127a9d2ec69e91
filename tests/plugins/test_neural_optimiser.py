from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from sabench_plugins.neural.fast.optimiser import Optimiser
from sabench_plugins.neural.recipe import Recipe

RECIPES = [
    {"momentum": 0.0},
    {"momentum": 0.9},
    {"optimiser": "adam"},
    {"optimiser": "adamw"},
]
TORCH = {
    "sgd": lambda values, recipe: torch.optim.SGD(
        values, lr=0.1, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    ),
    "adam": lambda values, recipe: torch.optim.Adam(values, lr=0.1, weight_decay=recipe.weight_decay),
    "adamw": lambda values, recipe: torch.optim.AdamW(values, lr=0.1, weight_decay=recipe.weight_decay),
}


def layer():
    torch.manual_seed(0)
    return torch.nn.Linear(4, 3)


@pytest.mark.parametrize("constants", RECIPES)
def test_steps_are_those_of_torch(constants):
    recipe = Recipe(weight_decay=0.05, **constants)
    ours, theirs = layer(), layer()
    optimiser, reference = Optimiser(ours, recipe), TORCH[recipe.optimiser](theirs.parameters(), recipe)
    for _ in range(4):
        x = torch.randn(5, 4)
        optimiser.clear()
        reference.zero_grad()
        ours(x).square().sum().backward()
        theirs(x).square().sum().backward()
        optimiser.step(0.1)
        reference.step()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)


def test_making_one_does_not_import_the_compiler():
    code = (
        "import sys, torch; from sabench_plugins.neural.fast.optimiser import Optimiser; "
        "from sabench_plugins.neural.recipe import Recipe; Optimiser(torch.nn.Linear(2, 2), Recipe()); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
