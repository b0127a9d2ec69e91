import copy

import numpy as np
import pytest
import torch
from fit_context import context
from made_speakers import utterances

from sabench import Access, Enrolment, Utterances
from sabench_plugins.adapters.menan import Menan
from sabench_plugins.functionals.network import Perceptron
from sabench_plugins.objectives.entropy import MaximumEntropy
from sabench_plugins.objectives.plain import Batch


def batch_of(train: Utterances) -> Batch:
    x = torch.from_numpy(train.features.stack())
    return Batch(x, torch.zeros_like(x), torch.tensor(train.y), torch.ones(3), np.arange(len(train)), 0.5)


def with_voices() -> Utterances:
    """Speakers differ in the first feature alone, emotions in all."""
    of = utterances(offset=0.0)
    voices = [lambda x, s=int(name[1]): x + np.float32([3 * s, 0, 0]) for name in of.speaker]
    return Utterances(of.features.map(voices), of.y, of.speaker, of.neutral, of.classes)


def fitted(train: Utterances, history: list[dict[str, float]], **parameters) -> Menan:
    values = {"units": 16, "epochs": 30, "batch_size": 8, "learning_rate": 0.01, "dropout": 0.0, **parameters}
    adapter = Menan(**values)
    adapter.fit(train, [], context=context(history=history))
    return adapter


def changed(before: torch.nn.Module, after: torch.nn.Module) -> set[str]:
    then = before.state_dict()
    return {name.split(".")[0] for name, value in after.state_dict().items() if not torch.equal(value, then[name])}


def test_the_speaker_head_learns_while_the_network_stays_and_then_the_network_while_the_head_stays():
    train = utterances()
    torch.manual_seed(0)
    network = Perceptron(3, 8, 3, 0.0, "none")
    objective = MaximumEntropy(8, train, 1.0, 2)
    optimiser = torch.optim.AdamW([*network.parameters(), *objective.parameters()], 0.01)
    moved = []
    for step in objective.steps(network, batch_of(train)):
        before = copy.deepcopy(network), copy.deepcopy(objective)
        optimiser.zero_grad()
        torch.stack(list(step.losses.values())).sum().backward(inputs=step.trained)
        optimiser.step()
        moved.append((changed(before[0], network), changed(before[1], objective)))
    head_alone, network_alone = (set(), {"head"}), ({"first", "second", "emotion"}, set())
    assert moved == [head_alone, head_alone, network_alone]


def test_the_entropy_is_taken_from_the_loss_of_the_network():
    train = utterances()
    network, objective = Perceptron(3, 8, 3, 0.0, "none"), MaximumEntropy(8, train, 0.5, 1)
    batch = batch_of(train)
    *_, last = objective.steps(network, batch)
    posterior = objective.head(network.encode(batch.x, batch.beside)).softmax(dim=1).detach().numpy()
    expected = -(posterior * np.log(posterior)).sum(axis=1).mean()
    assert last.losses["entropy_loss"].item() == pytest.approx(-0.5 * expected, rel=1e-5)


def test_it_makes_speakers_hard_to_tell_and_learns_the_emotions():
    train, losses = with_voices(), {}
    for weight in (0.0, 1.0):
        history: list[dict[str, float]] = []
        adapter = fitted(train, history, entropy_weight=weight)
        losses[weight] = history[-1]["speaker_loss"]
        said = adapter.enrol(Enrolment()).predict_proba(train.features).argmax(axis=1)
        assert (said == train.y).mean() > 0.9
    chance = np.log(4)
    assert losses[0.0] < 0.7 * chance
    assert losses[1.0] > 0.9 * chance


def test_it_needs_nothing_of_a_target_speaker():
    assert Menan().access == Access()
