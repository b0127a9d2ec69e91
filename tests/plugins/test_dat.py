from dataclasses import replace

import numpy as np
import pytest
import torch
from fit_context import Kept, context
from made_speakers import unlabelled, utterances, view

from sabench import Access, Enrolment, Utterances
from sabench.checks import parametrize_with_checks
from sabench_plugins.adapters.dat import Dat
from sabench_plugins.adapters.mlp import Mlp
from sabench_plugins.objectives.reversal import Reversed

SMALL = {"units": 16, "epochs": 4, "dropout": 0.0}


def fitted(seed: int = 0, *, validation=(), history=None, train=None, **parameters) -> Dat:
    adapter = Dat(**{**SMALL, **parameters})
    pairs = [(Enrolment(), of) for of in validation]
    adapter.fit(train or utterances(offset=1.0), pairs, context=context(seed, history))
    return adapter


def predict(adapter: Dat, of) -> np.ndarray:
    return adapter.enrol(unlabelled(view())).predict_proba(of.features)


def test_the_gradient_is_reversed_and_scaled():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (Reversed.apply(x, 0.5) * torch.tensor([3.0, 4.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [-1.5, -2.0]


def test_it_learns_the_emotions():
    train = utterances(offset=0.0)
    adapter = fitted(train=train, epochs=15, batch_size=8)
    assert (predict(adapter, train).argmax(axis=1) == train.y).mean() > 0.9


def test_the_adversary_makes_speakers_hard_to_tell():
    of = utterances(offset=0.0)
    voices = [lambda x, s=int(name[1]): x + np.float32([3 * s, 0, 0]) for name in of.speaker]
    train = Utterances(of.features.map(voices), of.y, of.speaker, of.neutral, of.classes)
    speaker_losses = {}
    for strength in (0.0, 0.3):
        history: list[dict[str, float]] = []
        adapter = fitted(train=train, strength=strength, epochs=30, batch_size=8, learning_rate=0.01, history=history)
        speaker_losses[strength] = history[-1]["speaker_loss"]
        assert (predict(adapter, train).argmax(axis=1) == train.y).mean() > 0.9
    chance = np.log(4)
    assert speaker_losses[0.0] < 0.7 * chance
    assert speaker_losses[0.3] > 0.9 * chance


def test_the_epoch_that_is_best_on_validation_speakers_is_kept():
    history: list[dict[str, float]] = []
    held_out = utterances(speakers=1, offset=0.0, seed=5)
    adapter = fitted(validation=[held_out], history=history, epochs=8, learning_rate=0.01)
    said = predict(adapter, held_out).argmax(axis=1)
    recalls = [(said[held_out.y == label] == label).mean() for label in range(3)]
    assert np.mean(recalls) == pytest.approx(max(line["validation_uar"] for line in history[4:]))


def test_without_validation_the_last_epoch_is_kept():
    train = utterances(offset=1.0)
    history: list[dict[str, float]] = []
    short, long = fitted(train=train, epochs=1), fitted(train=train, epochs=4, history=history)
    assert "validation_uar" not in history[0]
    assert not np.array_equal(predict(short, train), predict(long, train))


def test_the_same_seed_gives_the_same_and_another_something_else():
    of = utterances()
    first, again, other = (predict(fitted(seed, dropout=0.3), of) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_saved_one_predicts_alike(tmp_path):
    adapter, of = fitted(), utterances()
    adapter.save(tmp_path)
    again = Dat(**SMALL)
    again.load(tmp_path)
    assert np.array_equal(predict(again, of), predict(adapter, of))


class Killed(Exception):
    pass


@pytest.mark.parametrize("with_validation", [True, False])
def test_a_killed_fit_goes_on_to_the_same_numbers(with_validation):
    train, held_out = utterances(offset=1.0), utterances(speakers=1, seed=5)
    validation = [(Enrolment(), held_out)] if with_validation else []
    whole = Dat(**{**SMALL, "dropout": 0.3})
    whole.fit(train, validation, context=context())

    def report(*, epoch, **values):
        if epoch == 3:
            raise Killed

    kept = Kept()
    interrupted = replace(context(kept=kept), report=report)
    with pytest.raises(Killed):
        Dat(**{**SMALL, "dropout": 0.3}).fit(train, validation, context=interrupted)
    assert kept.held is not None
    assert kept.held[1]["epoch"] == 2
    resumed, history = Dat(**{**SMALL, "dropout": 0.3}), []
    resumed.fit(train, validation, context=context(kept=kept, history=history))
    assert [line["epoch"] for line in history] == [3, 4]
    assert np.array_equal(predict(resumed, train), predict(whole, train))


def test_it_needs_nothing_of_a_target_speaker():
    assert Dat().access == Access()
    assert predict(fitted(), utterances(speakers=1)).shape == (18, 3)


def test_a_constant_feature_does_no_harm():
    train = utterances()
    flat = train.features.map(lambda array: np.float32([array[0], array[1], 7.0]))
    adapter = fitted(train=Utterances(flat, train.y, train.speaker, train.neutral, train.classes))
    assert np.isfinite(adapter.enrol(Enrolment()).predict_proba(flat)).all()


def test_without_strength_it_is_the_control():
    train, held_out = utterances(offset=1.0), utterances(speakers=1, seed=5)
    control = Mlp(**{**SMALL, "dropout": 0.3})
    control.fit(train, [(Enrolment(), held_out)], context=context())
    without = fitted(train=train, validation=[held_out], strength=0.0, dropout=0.3)
    assert np.array_equal(predict(control, train), predict(without, train))


def test_an_epoch_before_the_adversary_is_strong_is_not_kept():
    history: list[dict[str, float]] = []
    kept = Kept()
    held_out = utterances(speakers=1, offset=0.0, seed=5)
    Dat(**{**SMALL, "epochs": 8, "learning_rate": 0.01}).fit(
        utterances(offset=1.0), [(Enrolment(), held_out)], context=context(history=history, kept=kept)
    )
    assert kept.held is not None
    assert kept.held[1]["best_uar"] == max(line["validation_uar"] for line in history[4:])


@parametrize_with_checks([kind(epochs=10, units=16, learning_rate=0.01) for kind in (Dat, Mlp)])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
