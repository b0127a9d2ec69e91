import numpy as np
import pytest
import torch
from fit_context import context
from made_speakers import utterances
from torch.nn import functional as F  # noqa: N812  (the name that torch users know)

from sabench import Access, Enrolment, Utterances
from sabench_plugins.adapters.crossgrad import CrossGrad
from sabench_plugins.functionals.network import Perceptron
from sabench_plugins.objectives.cross_gradient import CrossGradient, CrossGradientOfHidden
from sabench_plugins.objectives.plain import Batch


def batch_of(train: Utterances) -> Batch:
    x = torch.from_numpy(train.features.stack())
    return Batch(x, torch.zeros_like(x), torch.tensor(train.y), torch.ones(3), np.arange(len(train)), 0.5)


def made(train: Utterances, *, epsilon: float, alpha: float) -> tuple[Perceptron, CrossGradient]:
    torch.manual_seed(0)
    network, speaker = Perceptron(3, 8, 3, 0.0, "none"), Perceptron(3, 8, 4, 0.0, "none")
    network.standardise_by(torch.from_numpy(train.features.stack()))
    objective = CrossGradient(speaker, train, epsilon, alpha)
    objective.standardise_as(network)
    return network, objective


def test_each_network_sees_inputs_moved_along_the_gradient_of_the_others_loss():
    train = utterances(offset=1.0)
    batch = batch_of(train)
    network, objective = made(train, epsilon=2.0, alpha=0.25)
    (step,) = objective.steps(network, batch)
    numbers = torch.tensor([int(name[1]) for name in train.speaker])

    def told(one: Perceptron, x: torch.Tensor) -> torch.Tensor:
        """The network written out, on inputs in standard deviations."""
        return one.emotion(one.second(one.first(x).relu()).relu())

    z = ((batch.x - network.mean) / network.scale).requires_grad_()
    of_emotion = torch.autograd.grad(F.cross_entropy(told(network, z), batch.y, reduction="sum"), z)[0]
    of_speaker = torch.autograd.grad(F.cross_entropy(told(objective.speaker, z), numbers, reduction="sum"), z)[0]
    emotion_moved = told(network, z + 2.0 * of_speaker.clamp(-0.1, 0.1))
    speaker_moved = told(objective.speaker, z + 2.0 * of_emotion.clamp(-0.1, 0.1))
    emotion = 0.75 * F.cross_entropy(told(network, z), batch.y) + 0.25 * F.cross_entropy(emotion_moved, batch.y)
    speaker = 0.75 * F.cross_entropy(told(objective.speaker, z), numbers)
    speaker = speaker + 0.25 * F.cross_entropy(speaker_moved, numbers)
    assert step.losses["loss"].item() == pytest.approx(emotion.item(), rel=1e-4)
    assert step.losses["speaker_loss"].item() == pytest.approx(speaker.item(), rel=1e-4)


def test_the_gradients_that_move_inputs_are_constants():
    train = utterances(offset=1.0)
    batch = batch_of(train)
    network, objective = made(train, epsilon=2.0, alpha=1.0)
    (step,) = objective.steps(network, batch)
    of_speaker_network = torch.autograd.grad(
        step.losses["loss"], list(objective.speaker.parameters()), allow_unused=True
    )
    assert all(gradient is None for gradient in of_speaker_network)


def test_without_a_way_to_move_the_loss_is_that_of_emotions():
    train = utterances()
    batch = batch_of(train)
    network, objective = made(train, epsilon=0.0, alpha=0.5)
    (step,) = objective.steps(network, batch)
    expected = F.cross_entropy(network(batch.x, batch.beside), batch.y)
    assert step.losses["loss"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_both_heads_may_share_an_encoder_whose_hidden_layer_is_moved():
    train = utterances()
    torch.manual_seed(0)
    network, objective = Perceptron(3, 8, 3, 0.0, "none"), CrossGradientOfHidden(8, train, 3.0, 1.0)
    batch = batch_of(train)
    (step,) = objective.steps(network, batch)
    hidden = network.encode(batch.x, batch.beside).detach().requires_grad_()
    speaker_loss = F.cross_entropy(objective.head(hidden), objective.head.number, reduction="sum")
    along = torch.autograd.grad(speaker_loss, hidden)[0].clamp(-0.1, 0.1)
    expected = F.cross_entropy(network.emotion(hidden + 3.0 * along), batch.y)
    assert step.losses["loss"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert set(map(id, step.trained)) == set(map(id, [*network.parameters(), *objective.parameters()]))


@pytest.mark.parametrize("moved", ["input", "hidden"])
def test_it_learns_the_emotions(moved):
    train, history = utterances(offset=0.0), []
    adapter = CrossGrad(units=16, epochs=20, batch_size=8, learning_rate=0.01, dropout=0.0, moved=moved)
    adapter.fit(train, [], context=context(history=history))
    said = adapter.enrol(Enrolment()).predict_proba(train.features).argmax(axis=1)
    assert (said == train.y).mean() > 0.9
    assert history[-1]["loss"] < history[0]["loss"]
    assert adapter.access == Access()
